// The octets that have a meaning on the wire.

export const LF = 0x0a;
export const CR = 0x0d;
/** The termination octet of RFC 1939 §3. */
export const DOT = 0x2e;
