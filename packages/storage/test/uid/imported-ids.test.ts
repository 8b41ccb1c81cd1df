import assert from "node:assert/strict";
import { test } from "node:test";
import { crc32 as zlibCrc32 } from "node:zlib";
import fc from "fast-check";
import { crc32 } from "#storage/uid/checksum";
import { ENTRIES_MAX, ImportedIdReader } from "#storage/uid/imported-id-reader";
import { encodeImportedIds, type ImportedId, importedIdTrouble, parseImportedIds } from "#storage/uid/imported-ids";

const latin1 = (text: string): Buffer => Buffer.from(text, "latin1");
const textOf = (octets: Uint8Array): string => Buffer.from(octets).toString("latin1");

const ENTRIES: readonly ImportedId[] = [
  { uniqueName: "1136073601.M1P1.host", uniqueId: "UID7-1136073600", order: 1 },
  { uniqueName: "1136073600.M1P1.host", uniqueId: "UID8-1136073600", order: 2 },
  { uniqueName: "a b\n%\xff", uniqueId: "!~%2F:,", order: undefined },
];

/** A line with its checksum. */
function line(text: string): string {
  return `${text} ${crc32(latin1(text), 0, text.length).toString(16).padStart(8, "0")}\n`;
}

const fileOf = (...texts: readonly string[]): Buffer => latin1(texts.map(line).join(""));

test("the file is text that can be read and checked with tools at hand", () => {
  const lines = textOf(encodeImportedIds([...ENTRIES].reverse())).split("\n");
  assert.deepEqual(lines, [
    "postigo.uids 1 3 17a509ec",
    "1 UID7-1136073600 1136073601.M1P1.host edf0ba7a",
    "2 UID8-1136073600 1136073600.M1P1.host 8dae16dd",
    "- !~%2F:, a%20b%0A%25%FF afcb2e6b",
    "",
  ]);
});

test("the checksum is the CRC-32 of zlib", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (octets) => {
      assert.equal(crc32(octets, 0, octets.length), zlibCrc32(octets));
    }),
  );
});

const name = fc
  .string({
    unit: fc.integer({ min: 1, max: 255 }).map((octet) => String.fromCharCode(octet)),
    minLength: 1,
    maxLength: 255,
  })
  .filter((text) => importedIdTrouble({ uniqueName: text, uniqueId: "x", order: 0 }) === undefined);
const uniqueId = fc.string({
  unit: fc.integer({ min: 0x21, max: 0x7e }).map((octet) => String.fromCharCode(octet)),
  minLength: 1,
  maxLength: 70,
});
const order = fc.option(fc.integer({ min: 0, max: 0xffff_fffe }), { nil: undefined });
const entries = fc
  .array(fc.record({ uniqueName: name, uniqueId, order }, { noNullPrototype: true }), { maxLength: 12 })
  .map((all) => all.filter((each, at) => isFirst(all, each, at)));

function isFirst(all: readonly ImportedId[], { uniqueName, uniqueId: id }: ImportedId, at: number): boolean {
  return !all.slice(0, at).some((other) => other.uniqueName === uniqueName || other.uniqueId === id);
}

const byName = (all: readonly ImportedId[]): ImportedId[] =>
  [...all].sort((a, b) => (a.uniqueName < b.uniqueName ? -1 : 1));

test("whatever names, unique-ids and orders there are, they come back as they were, and in any order make the same octets", () => {
  fc.assert(
    fc.property(entries, fc.infiniteStream(fc.nat()), (all, keys) => {
      const octets = encodeImportedIds(all);
      const parsed = parseImportedIds(octets);
      assert.deepEqual(byName(parsed.entries), byName(all));
      assert.deepEqual([parsed.problems, parsed.refusal], [[], undefined]);
      const shuffled = all
        .map((entry) => ({ entry, key: keys.next().value ?? 0 }))
        .sort((a, b) => a.key - b.key)
        .map(({ entry }) => entry);
      assert.deepEqual(encodeImportedIds(shuffled), octets);
    }),
  );
});

test("parsing leaves the octets it is given as they are", () => {
  const octets = encodeImportedIds(ENTRIES);
  const before = textOf(octets);
  parseImportedIds(octets);
  assert.equal(textOf(octets), before);
});

const MANY = Array.from({ length: 40 }, (_, at) => ({ uniqueName: `${at}.a b`, uniqueId: `UID${at}`, order: at }));

test("with any octet changed, one line is lost, or two if it was a line end, and no other entry changes", () => {
  const octets = encodeImportedIds(MANY);
  for (let at = 0; at < octets.length; at++) {
    const damaged = Uint8Array.from(octets);
    damaged[at] = (damaged[at] ?? 0) ^ 0x01;
    const parsed = parseImportedIds(damaged);
    const isLineEnd = octets[at] === 0x0a;
    assert.ok(parsed.entries.length >= MANY.length - (isLineEnd ? 2 : 1), `octet ${at}`);
    assert.ok(parsed.problems.length >= 1, `octet ${at}`);
    assert.equal(parsed.refusal, undefined, `octet ${at}`);
    for (const entry of parsed.entries) assert.deepEqual(entry, MANY[entry.order ?? 0], `octet ${at}`);
  }
});

test("cut off at any length, what is left is told truly or the file is refused", () => {
  const octets = encodeImportedIds(MANY);
  for (let length = 0; length < octets.length - 1; length++) {
    const parsed = parseImportedIds(octets.subarray(0, length));
    for (const entry of parsed.entries) assert.deepEqual(entry, MANY[entry.order ?? 0], `cut off at ${length}`);
    assert.equal(parsed.refusal === undefined, parsed.entries.length >= 36, `cut off at ${length}`);
  }
});

test("random octets, alone or among good lines, are never an exception", () => {
  const good = encodeImportedIds(MANY);
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), fc.nat(good.length), (garbage, at) => {
      assert.ok(typeof parseImportedIds(garbage).refusal === "string");
      const parsed = parseImportedIds(Buffer.concat([good.subarray(0, at), garbage, good.subarray(at)]));
      for (const entry of parsed.entries) assert.deepEqual(entry, MANY[entry.order ?? 0]);
    }),
    { numRuns: 500 },
  );
});

const BAD_LINES: readonly (readonly [line: string, what: RegExp])[] = [
  ["1 UID", /not an order/],
  ["1", /not an order/],
  ["1  name", /unique-id is not/],
  ["x UID name", /order is no number/],
  ["-1 UID name", /order is no number/],
  ["1.5 UID name", /order is no number/],
  ["4294967295 UID name", /order is no number/],
  ["99999999999999999999 UID name", /order is no number/],
  [`1 ${"x".repeat(71)} name`, /unique-id is not/],
  ["1 U\x7fD name", /unique-id is not/],
  ["1 U\xffD name", /unique-id is not/],
  ["1 UID ", /name is no unique name/],
  ["1 UID a b", /name is no unique name/],
  ["1 UID ../../bob/cur/1.a", /name is no unique name/],
  ["1 UID a%2Fb", /name is no unique name/],
  ["1 UID a%00b", /name is no unique name/],
  ["1 UID a%2", /name is no unique name/],
  ["1 UID a%zz", /name is no unique name/],
  ["1 UID a%2f", /name is no unique name/],
  ["1 UID a\xff", /name is no unique name/],
  ["1 UID a:2,S", /name is no unique name/],
  ["1 UID a,S=3", /name is no unique name/],
  [`1 UID ${"n".repeat(256)}`, /name is no unique name/],
  ["1 OTHER first", /an earlier line has this name/],
  ["1 FIRST other", /an earlier line has this unique-id/],
];

for (const [bad, what] of BAD_LINES) {
  test(`a line "${bad.slice(0, 40)}" is told by its number and costs only itself`, () => {
    const {
      entries: found,
      problems,
      refusal,
    } = parseImportedIds(fileOf("postigo.uids 1 3", "7 FIRST first", bad, "- LAST l,a%25st"));
    assert.deepEqual(
      found.map(({ uniqueId: id }) => id),
      ["FIRST", "LAST"],
    );
    assert.equal(problems.length, 1);
    assert.equal(problems[0]?.line, 3);
    assert.match(problems[0]?.what ?? "", what);
    assert.equal(refusal, undefined);
  });
}

test("a name that was refused leaves its unique-id free, and a unique-id its name", () => {
  const { entries: found } = parseImportedIds(fileOf("postigo.uids 1 4", "- A a", "- B a", "- A b", "- B b"));
  assert.deepEqual(
    found.map(({ uniqueId: id, uniqueName }) => id + uniqueName),
    ["Aa", "Bb"],
  );
});

test("a last line without its line end counts if its checksum fits", () => {
  const octets = encodeImportedIds(ENTRIES);
  assert.equal(parseImportedIds(octets.subarray(0, octets.length - 1)).entries.length, 3);
});

const REFUSED: readonly (readonly [what: string, octets: Buffer, why: RegExp])[] = [
  ["an empty file", latin1(""), /no list of unique-ids/],
  ["zeros", Buffer.alloc(4096), /no list of unique-ids/],
  ["a later version", fileOf("postigo.uids 2 1", "- A a"), /version 2/],
  [
    "line ends that a transfer has changed",
    latin1(textOf(encodeImportedIds(MANY)).replaceAll("\n", "\r\n")),
    /no list/,
  ],
  ["two of three lines lost", fileOf("postigo.uids 1 3", "- A a"), /2 of its 3 entries are lost/],
  ["a header and nothing else", fileOf("postigo.uids 1 5"), /5 of its 5 entries are lost/],
];

for (const [what, octets, why] of REFUSED) {
  test(`${what}: rather no login than all mail once more`, () =>
    assert.match(parseImportedIds(octets).refusal ?? "", why));
}

test("one lost line in any number, and one in ten, are a warning and no refusal", () => {
  assert.equal(parseImportedIds(fileOf("postigo.uids 1 1", "nothing")).refusal, undefined);
  assert.equal(parseImportedIds(encodeImportedIds([])).refusal, undefined);
  const lines = textOf(encodeImportedIds(MANY)).split("\n");
  const without = (count: number) => parseImportedIds(latin1(lines.slice(0, -1 - count).join("\n"))).refusal;
  assert.equal(without(4), undefined);
  assert.match(without(5) ?? "", /5 of its 40/);
});

test("a hundred problems are told, however many there are", () => {
  const { problems } = parseImportedIds(latin1("\n".repeat(100_000)));
  assert.equal(problems.length, 100);
});

test("a number in the header makes nobody allocate anything", () => {
  const before = process.memoryUsage().arrayBuffers;
  assert.match(parseImportedIds(fileOf("postigo.uids 1 9999999")).refusal ?? "", /9999999 of its 9999999/);
  assert.ok(process.memoryUsage().arrayBuffers - before < 1_000_000);
});

test("more entries than any maildrop has are refused before they fill the memory", () => {
  const texts = ["postigo.uids 1 1048577"];
  for (let at = 0; at <= ENTRIES_MAX; at++) texts.push(`- ${at} ${at}`);
  const reader = new ImportedIdReader(latin1(texts.map(line).join("")));
  while (reader.readOn());
  assert.match(reader.refusal ?? "", /more than 1048576 entries/);
  assert.equal(reader.ids.count, ENTRIES_MAX);
});

const FAULTY: readonly (readonly [what: string, entry: Partial<ImportedId>, why: RegExp])[] = [
  ["an empty unique-id", { uniqueId: "" }, /unique-id/],
  ["a space in the unique-id", { uniqueId: "a b" }, /unique-id/],
  ["71 octets", { uniqueId: "x".repeat(71) }, /unique-id/],
  ["an 8-bit unique-id", { uniqueId: "\xe9" }, /unique-id/],
  ["a slash in the name", { uniqueName: "../a" }, /no file name/],
  ["NUL in the name", { uniqueName: "a\0" }, /no file name/],
  ["a name that is no octets", { uniqueName: "\u0100" }, /no file name/],
  ["an empty name", { uniqueName: "" }, /1 to 255 octets/],
  ["a name with flags", { uniqueName: "a:2,S" }, /behind the unique name/],
  ["a name with fields", { uniqueName: "a,S=1" }, /behind the unique name/],
  ["half an order", { order: 1.5 }, /order/],
  ["an order below zero", { order: -1 }, /order/],
  ["an order beyond all", { order: 0xffff_ffff }, /order/],
];

for (const [what, faulty, why] of FAULTY) {
  test(`RFC 1939 §7: ${what} is never written`, () => {
    const entry = { uniqueName: "a", uniqueId: "A", order: 1, ...faulty };
    assert.match(importedIdTrouble(entry) ?? "", why);
    assert.throws(() => encodeImportedIds([entry]), RangeError);
  });
}

test("one name, or one unique-id, twice is never written", () => {
  const entry = { uniqueName: "a", uniqueId: "A", order: undefined };
  assert.throws(() => encodeImportedIds([entry, { ...entry, uniqueId: "B" }]), /name occurs twice/);
  assert.throws(() => encodeImportedIds([entry, { ...entry, uniqueName: "b" }]), /unique-id occurs twice/);
});
