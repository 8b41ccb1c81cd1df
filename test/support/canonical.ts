// What a message is on the wire, written down a second time and as plainly as it can be: the oracle of the end-to-end tests.

const CR = 0x0d;
const LF = 0x0a;

/** Every line end as CRLF, a missing last one supplied, a bare CR kept. An empty file has no line to end. */
export function canonical(file: Uint8Array): Buffer {
  const octets: number[] = [];
  let last = -1;
  for (const octet of file) {
    if (octet === LF && last !== CR) octets.push(CR);
    octets.push(octet);
    last = octet;
  }
  if (file.length > 0 && last !== LF) octets.push(CR, LF);
  return Buffer.from(octets);
}

/** Header, blank line and the first `bodyLines` lines of the body of a canonical message: the answer to TOP (RFC 1939 §7). */
export function topOf(message: Buffer, bodyLines: number): Buffer {
  const blank = message.subarray(0, 2).equals(Buffer.from("\r\n")) ? 0 : message.indexOf("\r\n\r\n") + 2;
  if (blank === 1) return message;
  let end = blank + 2;
  for (let line = 0; line < bodyLines && end < message.length; line += 1) end = message.indexOf("\r\n", end) + 2;
  return message.subarray(0, end);
}

/** With LF as line end, as clients store what they fetched. */
export const withLf = (octets: Buffer): Buffer =>
  Buffer.from(octets.toString("latin1").replaceAll("\r\n", "\n"), "latin1");
