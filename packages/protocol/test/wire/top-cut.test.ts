import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { TopCut } from "#protocol/wire/top-cut";
import { octetsOf, textOf } from "../support/octets.js";
import { takeChunks } from "../support/top-runs.js";

interface Row {
  readonly name: string;
  readonly file: string;
  readonly bodyLines: number;
  readonly answer: string;
}

const ROWS: readonly Row[] = [
  { name: "TOP n 0 is the header and the blank line (D6)", file: "h\n\na\nb\n", bodyLines: 0, answer: "h\n\n" },
  { name: "header lines do not count as body lines (D6)", file: "h\ni\n\na\nb\n", bodyLines: 1, answer: "h\ni\n\na\n" },
  { name: "lines may end in CRLF", file: "h\r\n\r\na\r\nb\r\n", bodyLines: 1, answer: "h\r\n\r\na\r\n" },
  { name: "a blank line of LF may close a header of CRLF", file: "h\r\n\na\r\n", bodyLines: 0, answer: "h\r\n\n" },
  { name: "a blank line of CRLF may close a header of LF", file: "h\n\r\na\n", bodyLines: 0, answer: "h\n\r\n" },
  {
    name: "more lines than the body has are the whole message",
    file: "h\n\na\nb\n",
    bodyLines: 3,
    answer: "h\n\na\nb\n",
  },
  { name: "as many lines as the body has are the whole message", file: "h\n\na\nb", bodyLines: 2, answer: "h\n\na\nb" },
  { name: "blank lines of the body count", file: "h\n\n\n\na\n", bodyLines: 2, answer: "h\n\n\n\n" },
  { name: "a message without a blank line is all header", file: "h\ni\nj", bodyLines: 0, answer: "h\ni\nj" },
  { name: "a message that begins with the blank line has no header", file: "\na\nb\n", bodyLines: 1, answer: "\na\n" },
  { name: "an empty message has nothing", file: "", bodyLines: 5, answer: "" },
  { name: "a line of one space is not blank", file: "h\n \n\na\n", bodyLines: 0, answer: "h\n \n\n" },
  { name: "CR CR LF is not blank", file: "h\n\r\r\n\na\n", bodyLines: 0, answer: "h\n\r\r\n\n" },
  { name: "CR and text is not blank", file: "h\n\rx\n\na\n", bodyLines: 0, answer: "h\n\rx\n\n" },
  { name: "text and CR LF is not blank", file: "h\r\ni\r\n\r\na\r\n", bodyLines: 0, answer: "h\r\ni\r\n\r\n" },
  { name: "a bare CR ends no line of the body", file: "h\n\na\rb\nc\n", bodyLines: 1, answer: "h\n\na\rb\n" },
  { name: "dots and NULs are octets like others", file: ".\n\n\0\n.\n", bodyLines: 1, answer: ".\n\n\0\n" },
];

describe("RFC 1939 §7: TOP", () => {
  for (const { name, file, bodyLines, answer } of ROWS) {
    test(`${name}, however it is cut`, () => {
      const octets = octetsOf(file);
      for (let first = 0; first <= octets.length; first++)
        for (let second = first; second <= octets.length; second++) {
          const chunks = [octets.subarray(0, first), octets.subarray(first, second), octets.subarray(second)];
          assert.equal(textOf(takeChunks(new TopCut(bodyLines), chunks)), answer);
        }
    });
  }

  test("is satisfied at the last octet wanted, and not before", () => {
    const cut = new TopCut(1);
    const seen = Array.from(octetsOf("h\n\na\nb"), (octet) => [cut.take(Uint8Array.of(octet), 1), cut.satisfied]);
    assert.deepEqual(seen, [
      [1, false],
      [1, false],
      [1, false],
      [1, false],
      [1, true],
      [0, true],
    ]);
  });

  test("is never satisfied within the header, even when no body line is wanted", () => {
    const cut = new TopCut(0);
    assert.equal(cut.take(octetsOf("h\n"), 2), 2);
    assert.equal(cut.satisfied, false);
  });

  test("does not look at octets of the chunk beyond its length", () => {
    const cut = new TopCut(0);
    assert.equal(cut.take(octetsOf("h\n\nrubbish"), 2), 2);
    assert.equal(cut.satisfied, false);
    assert.equal(cut.take(octetsOf("\nrubbish\n"), 1), 1);
    assert.equal(cut.satisfied, true);
  });
});
