// A listener as one word: `[tls://|starttls://|none://]HOST:PORT`, HOST an IPv4 address or an IPv6 one in brackets.

/** What such a word says; undefined when it has another form. Its address and port are not judged here. */
export interface ListenerText {
  readonly address: string;
  readonly port: number;
  /** Undefined: the word leaves it open. */
  readonly tls: "none" | "starttls" | "implicit" | undefined;
}

export const parseListenerText = (word: string): ListenerText | undefined => {
  const [, scheme, bracketed, plain, port] = FORM.exec(word) ?? [];
  const address = bracketed ?? plain;
  if (address === undefined || port === undefined) return undefined;
  return { address, port: Number.parseInt(port, 10), tls: scheme === undefined ? undefined : TLS_OF.get(scheme) };
};

export const formatListener = ({ address, port }: { readonly address: string; readonly port: number }): string =>
  address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;

const FORM = /^(?:(tls|starttls|none):\/\/)?(?:\[([0-9A-Fa-f:.]+(?:%\w+)?)\]|([\w.-]+)):(\d{1,5})$/;

const TLS_OF: ReadonlyMap<string, "none" | "starttls" | "implicit"> = new Map([
  ["tls", "implicit"],
  ["starttls", "starttls"],
  ["none", "none"],
]);
