// What every kernel must do, as a table; each row is run whole, octet by octet, and cut at every place.

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { WireKernel } from "#protocol/wire/wire-kernel";
import { announcedOctets, encodeChunks } from "./kernel-runs.js";
import { octetsOf, textOf } from "./octets.js";

interface Row {
  readonly name: string;
  readonly file: string;
  /** Before the closing CRLF, if one must be supplied, and the termination octet. */
  readonly wire: string;
  /** Octets of the canonical stream. */
  readonly octets: number;
}

const SIXTEEN = "0123456789abcdef";

const ROWS: readonly Row[] = [
  { name: "an empty message stays empty", file: "", wire: "", octets: 0 },
  { name: "text without a line end is kept and closed", file: "abc", wire: "abc", octets: 5 },
  { name: "a bare LF becomes CRLF", file: "a\nb\n", wire: "a\r\nb\r\n", octets: 6 },
  { name: "CRLF stays CRLF", file: "a\r\nb\r\n", wire: "a\r\nb\r\n", octets: 6 },
  { name: "mixed line ends all become CRLF", file: "a\r\nb\nc\r\n", wire: "a\r\nb\r\nc\r\n", octets: 9 },
  { name: "a bare CR is no line end and stays", file: "a\rb\n", wire: "a\rb\r\n", octets: 5 },
  { name: "CR CR LF keeps both CRs", file: "a\r\r\n", wire: "a\r\r\n", octets: 4 },
  { name: "a CR as the last octet is a bare one", file: "a\r", wire: "a\r", octets: 4 },
  { name: "a dot after a bare CR is within its line", file: "a\r.b\n", wire: "a\r.b\r\n", octets: 6 },
  { name: "LF CR LF is an empty line after a bare one", file: "\n\r\n", wire: "\r\n\r\n", octets: 4 },
  { name: "LF CR is an LF and a bare CR", file: "a\n\rb", wire: "a\r\n\rb", octets: 7 },
  { name: "RFC 1939 §3: a dot that begins the message is stuffed", file: ".a\n", wire: "..a\r\n", octets: 4 },
  { name: "RFC 1939 §3: a dot that begins a line is stuffed", file: "a\n.b\n", wire: "a\r\n..b\r\n", octets: 7 },
  { name: "RFC 1939 §3: a dot after CRLF is stuffed", file: "a\r\n.b\r\n", wire: "a\r\n..b\r\n", octets: 7 },
  { name: "RFC 1939 §3: a line of one dot is stuffed", file: ".\n.\n", wire: "..\r\n..\r\n", octets: 6 },
  { name: "only the first dot of a line is stuffed", file: "...\n.", wire: "....\r\n..", octets: 8 },
  { name: "a dot within a line is left alone", file: "a.b\n", wire: "a.b\r\n", octets: 5 },
  { name: "NUL and 8-bit octets pass", file: "\0\x80\xff\n\0", wire: "\0\x80\xff\r\n\0", octets: 8 },
  { name: "0x8A, 0x8D and 0xAE are not LF, CR and dot", file: "\x8a\xae\x8d\n", wire: "\x8a\xae\x8d\r\n", octets: 5 },
  { name: "LFs only double", file: "\n".repeat(40), wire: "\r\n".repeat(40), octets: 80 },
  { name: "CRs only stay", file: "\r".repeat(40), wire: "\r".repeat(40), octets: 42 },
  { name: "dots only are one line", file: ".".repeat(40), wire: ".".repeat(41), octets: 42 },
  { name: "lines of one dot double wholly", file: ".\n".repeat(20), wire: "..\r\n".repeat(20), octets: 60 },
  { name: "an LF as the 16th octet", file: `${SIXTEEN.slice(1)}\n.x`, wire: `${SIXTEEN.slice(1)}\r\n..x`, octets: 21 },
  { name: "an LF as the 17th octet", file: `${SIXTEEN}\n.x`, wire: `${SIXTEEN}\r\n..x`, octets: 22 },
  { name: "CRLF over the 16th octet", file: `${SIXTEEN.slice(1)}\r\n.`, wire: `${SIXTEEN.slice(1)}\r\n..`, octets: 20 },
  { name: "a long line is not broken", file: SIXTEEN.repeat(5), wire: SIXTEEN.repeat(5), octets: 82 },
];

export function describeKernel(title: string, create: (octets: number) => WireKernel): void {
  const kernel = create(1024);
  const at = { from: 3, to: 501 };
  describe(title, () => {
    test("its memory has the size asked for", () => assert.equal(kernel.memory.length, 1024));
    for (const { name, file, wire, octets } of ROWS) {
      test(`${name}, however it is cut`, () => {
        for (const chunks of cuts(octetsOf(file))) {
          assert.equal(textOf(encodeChunks(kernel, chunks, at)), wire);
          assert.equal(announcedOctets(kernel, chunks, at.from), octets);
        }
      });
    }
    test("an encoded chunk may end with its slack at the end of the memory", () => {
      const lines = octetsOf("\n".repeat(48));
      const encoded = encodeChunks(kernel, [lines], { from: 0, to: 1024 - 16 - 96 });
      assert.equal(textOf(encoded), "\r\n".repeat(48));
    });
    test("a chunk may lie at the end of the memory", () => {
      const lines = octetsOf("\n".repeat(47));
      assert.equal(textOf(encodeChunks(kernel, [lines], { from: 1024 - 47, to: 0 })), "\r\n".repeat(47));
      assert.equal(announcedOctets(kernel, [lines], 1024 - 47), 94);
    });
  });
}

function* cuts(file: Uint8Array): Generator<readonly Uint8Array[]> {
  yield [file];
  yield Array.from(file, (octet) => Uint8Array.of(octet));
  for (let place = 0; place <= file.length; place++) yield [file.subarray(0, place), file.subarray(place)];
}
