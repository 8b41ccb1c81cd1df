// Message files of every content and name that has broken a POP3 server.

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface StoredFile {
  readonly what: string;
  readonly octets: Buffer;
  /** One latin-1 character an octet; given by the fixture when absent. */
  readonly name?: string;
  readonly folder?: "new" | "cur";
}

const FIXTURES = fileURLToPath(new URL("../../test/fixtures", import.meta.url));
const HEADER = "From: a@example.test\nTo: b@example.test\nSubject: hard\nMessage-ID: <hard@example.test>\n\n";

/** Mail as it is met every day; every client can hold it. */
export const ordinaryMessages: readonly StoredFile[] = readdirSync(FIXTURES)
  .filter((name) => name.endsWith(".eml"))
  .sort()
  .map((name) => ({ what: name, octets: readFileSync(join(FIXTURES, name)) }));

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");
const withBody = (body: string): Buffer => latin1(HEADER + body);
const everyOctet = Buffer.concat([
  latin1(HEADER),
  Buffer.from(Array.from({ length: 256 }, (_, octet) => octet)),
  latin1("\n"),
]);

const hardContents: readonly StoredFile[] = [
  { what: "LF", octets: withBody("one\ntwo\n") },
  { what: "CRLF", octets: latin1(`${HEADER}one\ntwo\n`.replaceAll("\n", "\r\n")) },
  { what: "LF and CRLF mixed", octets: withBody("one\r\ntwo\nthree\r\n\nfour\n") },
  { what: "bare CR", octets: withBody("one\rtwo\r\r\nthree\n\r\n") },
  { what: "bare CR at the end", octets: withBody("one\ntwo\r") },
  { what: "NUL", octets: withBody("be\0fore\n\0\n") },
  { what: "every octet", octets: everyOctet },
  { what: "no last line end", octets: withBody("one\ntwo") },
  { what: "0 octets", octets: Buffer.alloc(0) },
  { what: "one LF", octets: latin1("\n") },
  { what: "one dot", octets: latin1(".") },
  { what: "only dots", octets: latin1(".\n..\n...\n.\n") },
  { what: "a dot at the very first octet", octets: latin1(`.${HEADER}text\n`) },
  { what: "the terminator inside", octets: withBody("one\r\n.\r\nQUIT\r\n.\n") },
  { what: "header without body", octets: latin1("Subject: nothing more\n") },
  { what: "header without an end", octets: latin1("Subject: nothing more") },
  { what: "100 KB line", octets: withBody(`${"x".repeat(100_000)}\n`) },
  { what: "100 KB line of dots", octets: withBody(`${".".repeat(100_000)}\n`) },
  { what: "10,000 empty lines", octets: withBody("\n".repeat(10_000)) },
  { what: "a line end across every buffer edge", octets: withBody("a\n".repeat(200_000)) },
];

const named: readonly StoredFile[] = [
  withSizes("S and W right", (octets, lines) => `,S=${octets},W=${octets + lines}`),
  withSizes("S right, W absent", (octets) => `,S=${octets}`),
  withSizes("S wrong", (octets, lines) => `,S=${octets + 1},W=${octets + lines}`),
  withSizes("W less than S", (octets) => `,S=${octets},W=${octets - 1}`),
  withSizes("both absurd", () => ",S=99999999999999999999,W=-1"),
  { what: "150 characters", octets: withBody("long name\n"), name: `1795200000.${"n".repeat(139)}` },
  { what: "8-bit name", octets: withBody("8-bit name\n"), name: "1795200001.M1P2.caf\xe9\xff" },
  { what: "no time in the name", octets: withBody("no time\n"), name: "msg-without-time" },
  { what: "flags and keywords", octets: withBody("flags\n"), name: "1795200002.M2P2.host:2,DFRSTabc", folder: "cur" },
  { what: "in cur/ without flags", octets: withBody("no flags\n"), name: "1795200003.M3P2.host", folder: "cur" },
];

/** Content and names that only an exact server gets right. */
export const hardMessages: readonly StoredFile[] = [...hardContents, ...named];

function withSizes(what: string, sizes: (octets: number, lines: number) => string): StoredFile {
  const octets = withBody(`sizes: ${what}\n`);
  const lines = octets.filter((octet) => octet === 0x0a).length;
  return { what, octets, name: `1795100000.${what.replaceAll(/[ ,]/g, "-")}.host${sizes(octets.length, lines)}` };
}
