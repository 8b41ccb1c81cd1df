// A client's end of a multi-line response, written independently of the encoder: text in, text out (RFC 1939 §3).

/** The lines before the termination octet, each with its CRLF and without its stuffing. Throws on anything a client would choke on. */
export function decodeMultiLine(wire: string): string {
  const lines = wire.split("\r\n");
  if (lines.pop() !== "" || lines.pop() !== ".") throw new Error("the termination octet is missing");
  return lines.map((line) => `${unstuffed(line)}\r\n`).join("");
}

function unstuffed(line: string): string {
  if (line.includes("\n")) throw new Error("a bare LF on the wire");
  if (line === ".") throw new Error("the response ends too early");
  return line.startsWith(".") ? line.slice(1) : line;
}

/** The canonical stream of a file: every line ends in CRLF. */
export function canonicalOf(file: string): string {
  const text = file.replace(/(?<!\r)\n/g, "\r\n");
  return text === "" || text.endsWith("\n") ? text : `${text}\r\n`;
}
