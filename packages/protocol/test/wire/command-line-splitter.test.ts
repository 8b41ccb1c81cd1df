import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { latin1Text } from "#protocol/octets";
import { CommandLineSplitter } from "#protocol/wire/command-line-splitter";
import { octetsOf } from "../support/octets.js";

const TOO_LONG = "<too long>";

const ROWS: readonly {
  readonly name: string;
  readonly input: string;
  readonly max: number;
  readonly lines: string[];
}[] = [
  { name: "CRLF ends a line", input: "NOOP\r\nSTAT\r\n", max: 99, lines: ["NOOP", "STAT"] },
  { name: "a bare LF ends a line", input: "NOOP\nSTAT\n", max: 99, lines: ["NOOP", "STAT"] },
  { name: "a bare CR belongs to the line", input: "A\rB\r\r\n", max: 99, lines: ["A\rB\r"] },
  { name: "an empty line is a line", input: "\r\n\n", max: 99, lines: ["", ""] },
  { name: "no line end, no line", input: "NOOP\r", max: 99, lines: [] },
  { name: "a line of just the limit is a line", input: "123456\r\n1234567\n", max: 8, lines: ["123456", "1234567"] },
  { name: "one octet more is too long, once", input: "1234567\r\nNOOP\r\n", max: 8, lines: [TOO_LONG, "NOOP"] },
  { name: "the LF alone can be one too many", input: "12345678\nA\n", max: 8, lines: [TOO_LONG, "A"] },
  { name: "the longest line is too long once", input: `${"x".repeat(999)}\r\nA\n`, max: 8, lines: [TOO_LONG, "A"] },
  {
    name: "two in a row are told twice",
    input: `${"x".repeat(20)}\n${"y".repeat(20)}\nA\n`,
    max: 8,
    lines: [TOO_LONG, TOO_LONG, "A"],
  },
  { name: "an unfinished one is told before its end", input: "123456789", max: 8, lines: [TOO_LONG] },
];

describe("the command line splitter", () => {
  for (const { name, input, max, lines } of ROWS) {
    for (const size of [1, 2, 3, 7, 512]) {
      test(`RFC 1939 §3: ${name} (chunks of ${size})`, () =>
        assert.deepEqual(linesOf(input, max, chunked(input, size)), lines));
    }
  }

  test("makes the same lines of any chunks, whether lines are taken at once or wait", () => {
    const text = fc.string({ unit: fc.constantFrom("a", "\r", "\n", "\r\n", "bc", "\0"), maxLength: 200 });
    const sizes = fc.array(fc.nat(20), { minLength: 1, maxLength: 40 });
    fc.assert(
      fc.property(text, sizes, fc.integer({ min: 1, max: 9 }), fc.nat(5), (input, lengths, max, patience) => {
        assert.deepEqual(linesOf(input, max, pieces(input, lengths), patience), naiveLines(input, max));
      }),
      { numRuns: 1000 },
    );
  });

  test("keeps nothing once every line is used up, and no more than the rest of a line otherwise", () => {
    const splitter = new CommandLineSplitter();
    splitter.push(octetsOf(`${"NOOP\r\n".repeat(1000)}ST`));
    while (splitter.next(99) !== undefined);
    splitter.keep();
    assert.equal(splitter.held, 2);
    assert.equal(splitter.octets.length, 2);
    splitter.push(octetsOf("AT\r\n"));
    assert.equal(splitter.next(99), "line");
    assert.equal(latin1Text(splitter), "STAT");
    splitter.keep();
    assert.equal(splitter.held, 0);
    assert.equal(splitter.octets.length, 0);
  });

  test("keeps nothing of a line that is too long, however long it grows", () => {
    const splitter = new CommandLineSplitter();
    for (let round = 0; round < 100; round++) {
      splitter.push(octetsOf("x".repeat(1000)));
      assert.equal(splitter.next(512), round === 0 ? "too-long" : undefined);
      assert.equal(splitter.next(512), undefined);
      splitter.keep();
      assert.equal(splitter.held, 0);
      assert.equal(splitter.octets.length, 0);
    }
  });

  test("lets memory go while lines that waited are taken one by one", () => {
    const splitter = new CommandLineSplitter();
    splitter.push(octetsOf("RETR 1\r\n".repeat(8000)));
    splitter.keep();
    let copied = 0;
    let memory = splitter.octets;
    while (splitter.next(99) !== undefined) {
      splitter.keep();
      if (splitter.octets !== memory) copied += splitter.octets.length;
      memory = splitter.octets;
    }
    assert.equal(memory.length, 0);
    assert.ok(copied <= 64_000, `a burst is copied about once, not ${copied} octets`);
  });

  test("forgets what it was told to forget", () => {
    const splitter = new CommandLineSplitter();
    splitter.push(octetsOf("STLS\r\nNOOP\r\nQU"));
    assert.equal(splitter.next(99), "line");
    splitter.clear();
    assert.equal(splitter.next(99), undefined);
    splitter.keep();
    splitter.push(octetsOf("IT\r\n"));
    assert.equal(splitter.next(99), "line");
    assert.equal(latin1Text(splitter), "IT");
  });

  test("takes a second chunk before the first was kept", () => {
    const splitter = new CommandLineSplitter();
    const memory = octetsOf("NO");
    splitter.push(memory);
    splitter.push(octetsOf("OP\r\n"));
    memory.fill(0);
    assert.equal(splitter.next(99), "line");
    assert.equal(latin1Text(splitter), "NOOP");
  });
});

/** Feeds the pieces; lines are only taken after every `patience` pieces, and at the end. */
function linesOf(input: string, max: number, chunks: readonly Uint8Array[], patience = 0): string[] {
  const splitter = new CommandLineSplitter();
  const lines: string[] = [];
  const memory = new Uint8Array(input.length);
  const take = () => {
    for (let found = splitter.next(max); found !== undefined; found = splitter.next(max)) {
      lines.push(found === "line" ? latin1Text(splitter) : TOO_LONG);
    }
  };
  chunks.forEach((chunk, index) => {
    memory.set(chunk);
    splitter.push(memory.subarray(0, chunk.length));
    if (patience === 0 || index % patience === 0) take();
    splitter.keep();
    memory.fill(0x0a);
  });
  take();
  return lines;
}

function chunked(input: string, size: number): Uint8Array[] {
  const octets = octetsOf(input);
  return Array.from({ length: Math.ceil(octets.length / size) }, (_, index) =>
    octets.subarray(index * size, (index + 1) * size),
  );
}

/** Pieces of these lengths in turn, 0 among them; one final piece has the rest. */
function pieces(input: string, lengths: readonly number[]): Uint8Array[] {
  const octets = octetsOf(input);
  let from = 0;
  const cut = lengths.map((length) => {
    const piece = octets.subarray(from, from + length);
    from += piece.length;
    return piece;
  });
  return [...cut, octets.subarray(from)];
}

function naiveLines(input: string, max: number): string[] {
  const parts = input.split("\n");
  const rest = parts.pop() ?? "";
  const lines = parts.map((part) => (part.length + 1 > max ? TOO_LONG : part.replace(/\r$/, "")));
  return rest.length >= max ? [...lines, TOO_LONG] : lines;
}
