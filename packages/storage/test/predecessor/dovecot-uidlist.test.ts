import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { ID_FORMATS, type IdFormat, parseIdFormat } from "#storage/predecessor/dovecot-id-format";
import { readDovecotUidlist } from "#storage/predecessor/dovecot-uidlist";
import type { FormerIds } from "#storage/predecessor/former-ids";

const HEADER = "3 V1000 N9 Gaabb\n";
const A = "1795000001.M1P7.host";

const read = (text: string, format = "dovecot"): FormerIds => {
  const result = readDovecotUidlist(Buffer.from(text, "latin1"), formatOf(format));
  if ("unusable" in result) assert.fail(result.unusable);
  return result;
};
const formatOf = (text: string): IdFormat => {
  const format = parseIdFormat(text);
  if (typeof format === "string") assert.fail(format);
  return format;
};
const shown = ({ ids }: FormerIds): string[] => ids.map(({ uniqueName, uniqueId }) => `${uniqueId} ${uniqueName}`);

const LISTS: readonly { name: string; text: string; expected: readonly string[] }[] = [
  {
    name: "version 3",
    text: `${HEADER}1 :${A}\n255 W99 :b\n`,
    expected: [`00000001000003e8 ${A}`, "000000ff000003e8 b"],
  },
  { name: "version 1", text: `1 1000 9\n1 ${A}:2,S\n2 b\n`, expected: [`00000001000003e8 ${A}`, "00000002000003e8 b"] },
  {
    name: "a header in another order, with letters of later versions",
    text: "3 N9 Zx V1000\n1 :b\n",
    expected: ["00000001000003e8 b"],
  },
  { name: "P: the id to show", text: `${HEADER}1 Pold-1 :a\n`, expected: ["old-1 a"] },
  { name: "an empty P: the base name, fields and all", text: `${HEADER}1 P :a,S=5,W=6\n`, expected: ["a,S=5,W=6 a"] },
  {
    name: "O goes before the uid, those without it follow",
    text: `${HEADER}1 :a\n2 O7 :b\n3 O5 :c\n4 :d\n`,
    expected: ["00000003000003e8 c", "00000002000003e8 b", "00000001000003e8 a", "00000004000003e8 d"],
  },
  { name: "equal O: by uid", text: `${HEADER}1 O5 Px :a\n2 O5 Py :b\n`, expected: ["x a", "y b"] },
  { name: "letters of later versions between others", text: `${HEADER}1 Zfoo S1 P9 Q :a\n`, expected: ["9 a"] },
  {
    name: "names as octets: spaces, 8-bit, colons behind the name",
    text: `${HEADER}1 Px :a \xff :b:2,S\n`,
    expected: ["x a \xff "],
  },
  {
    name: "the later of two lines with one name counts",
    text: `${HEADER}1 Px :a\n2 Py :b\n3 Pz :a,S=4\n`,
    expected: ["y b", "z a"],
  },
  { name: "no records", text: HEADER, expected: [] },
  { name: "line ends as CRLF", text: "3 V1000 N9\r\n1 Px :a\r\n", expected: ["x a"] },
];

for (const { name, text, expected } of LISTS) {
  test(`dovecot-uidlist: ${name}`, () => {
    const result = read(text);
    assert.deepEqual(shown(result), expected);
    assert.deepEqual(result.problems, []);
    assert.deepEqual(
      result.ids.map(({ order }) => order),
      expected.map((_, order) => order),
    );
  });
}

for (const { name, line, what } of [
  { name: "no uid", line: "x Pb :b", what: /begin with a uid/ },
  { name: "no name", line: "2 Pb", what: /no file name/ },
  { name: "an empty name", line: "2 Pb :", what: /file name is none/ },
  { name: "a name with a slash", line: "2 Pb :../../b", what: /file name is none/ },
  { name: "a uid that does not rise", line: "1 Pb :b", what: /does not rise above 1/ },
  { name: "the uid of all ones", line: "4294967295 Pb :b", what: /above the last/ },
  { name: "an order that is no number", line: "2 Ox :b", what: /"Ox" is no place/ },
  { name: "nothing", line: "", what: /no file name/ },
] as const) {
  test(`dovecot-uidlist: a line with ${name} costs itself and no other`, () => {
    const result = read(`${HEADER}1 Pa :a\n${line}\n7 Pc :c\n`);
    assert.deepEqual(shown(result), ["a a", "c c"]);
    assert.equal(result.problems.length, 1);
    assert.equal(result.problems[0]?.line, 3);
    assert.match(result.problems[0]?.what ?? "", what);
  });
}

test("dovecot-uidlist: a line of version 1 without a name costs itself", () => {
  assert.deepEqual(shown(read("1 1000 9\n7\n8 b\n")), ["00000008000003e8 b"]);
});

test("dovecot-uidlist: a last line that was cut off costs itself", () => {
  const result = read(`${HEADER}1 Pa :a\n2 Pb :1795000`);
  assert.deepEqual(shown(result), ["a a"]);
  assert.match(result.problems[0]?.what ?? "", /cut off/);
});

test("dovecot-uidlist: of a hundred thousand bad lines a hundred are told", () => {
  const { ids, problems } = read(`${HEADER}${"?\n".repeat(100_000)}1 Pa :a\n`);
  assert.equal(problems.length, 100);
  assert.equal(ids.length, 1);
});

for (const text of [
  "",
  "\n",
  "2 V5 N6\n1 :a\n",
  "3 N6\n1 :a\n",
  "3 V0 N6\n",
  "3 V4294967296 N1\n",
  "1\n",
  "\0\xff garbage",
]) {
  test(`dovecot-uidlist: ${JSON.stringify(text.slice(0, 12))} is told to be none`, () => {
    assert.ok("unusable" in readDovecotUidlist(Buffer.from(text, "latin1"), formatOf("dovecot")));
  });
}

const FACTS = { uid: 427, validity: 1_164_412_345, filename: "a,S=5", guid: "g1" };
for (const { format, id } of [
  { format: "dovecot", id: "000001ab456785b9" },
  { format: "%08Xu%08Xv", id: "000001ab456785b9" },
  { format: "%{uid | hex(8)}%{uidvalidity | hex(8)}", id: "000001ab456785b9" },
  { format: "%{uid|hex}", id: "1ab" },
  { format: "%{uid | hex(8) | upper}-%{filename | upper | lower}", id: "000001AB-a,s=5" },
  { format: "uw", id: "456785b9000001ab" },
  { format: "cyrus", id: "1164412345.427" },
  { format: "cyrus-old", id: "427" },
  { format: "courier", id: "1164412345-427" },
  { format: "qmail", id: "a,S=5" },
  { format: "%g", id: "g1" },
  { format: "%{guid}", id: "g1" },
  { format: "UID%u-%v%%", id: "UID427-1164412345%" },
  { format: "%XUu", id: "1AB" },
  { format: "%08{uid}", id: "00000427" },
  { format: "%2u", id: "42" },
  { format: "%Xf", id: "0" },
]) {
  test(`the id format ${format} makes ${id}`, () => assert.equal(formatOf(format)(FACTS), id));
}

for (const format of [
  "",
  "constant",
  "%",
  "%m",
  "%{md5}",
  "%z",
  "%{uid | base64}",
  "%{uid",
  "%{uid | upper(3)}",
  "%Mu",
  "%%{",
  "%-5u",
  "%{}",
]) {
  test(`the id format ${JSON.stringify(format)} is refused, with what is wrong in it`, () => {
    assert.match(String(parseIdFormat(format)), /^".*" (?:is no|has (?:no variable|a filter))/);
  });
}

test("every preset is a template that is understood", () => {
  for (const name of ID_FORMATS.keys()) assert.ok(formatOf(name)(FACTS).length > 0);
});
