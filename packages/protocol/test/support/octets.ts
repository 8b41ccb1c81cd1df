// Octets of tests as text, one latin-1 character an octet.

export const octetsOf = (text: string): Uint8Array => Buffer.from(text, "latin1");

export const textOf = (octets: Uint8Array): string => Buffer.from(octets).toString("latin1");
