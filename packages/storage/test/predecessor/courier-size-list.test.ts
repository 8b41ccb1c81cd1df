import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { test } from "node:test";
import { readCourierSizeList } from "#storage/predecessor/courier-size-list";

const read = (text: string) => {
  const result = readCourierSizeList(Buffer.from(text, "latin1"));
  if ("unusable" in result) assert.fail(result.unusable);
  return result;
};
const idsIn = (text: string): string[] => read(text).ids.map(({ uniqueName, uniqueId }) => `${uniqueId} ${uniqueName}`);

for (const { name, text, expected } of [
  {
    name: "version 3",
    text: "/3 5 1000\na:2,S 77 4:1000:0\nb,S=5 7 2:999:1\n",
    expected: ["UID4-1000 a", "UID2-999 b"],
  },
  { name: "version 2", text: "/2 5 1000\na 77 4:1000\n", expected: ["UID4-1000 a"] },
  { name: "a header without a validity", text: "/3 5\na 77 4:1000:0\n", expected: ["UID4-1000 a"] },
  { name: "a validity of 0, or none", text: "/2 5\na 7 4:0:0\nb 7 5\n", expected: ["UID4 a", "UID5 b"] },
  {
    name: "number 0: the escaped base name",
    text: "/3 5\na b+'\"\xff,S=9:2,S 7 0:0:0\n",
    expected: ["a+20b+2B+27+22+FF,S=9 a b+'\"\xff"],
  },
  { name: "spaces in the name", text: "/3 5\nsome mail 12 77 4:1:0\n", expected: ["UID4-1 some mail 12"] },
  {
    name: "the later of two lines with one name counts",
    text: "/3 5\na 7 1:1:0\na:2,S 7 2:1:0\n",
    expected: ["UID2-1 a"],
  },
  {
    name: "the order goes by seconds, then by name, never by number",
    text: "/3 5\n1700000002.M9 7 1:5:0\n1700000002.M10 7 2:5:0\n999.x 7 3:5:0\nx 7 4:5:0\n",
    expected: ["UID4-5 x", "UID3-5 999.x", "UID2-5 1700000002.M10", "UID1-5 1700000002.M9"],
  },
  { name: "no records", text: "/3 1 1000\n", expected: [] },
]) {
  test(`courierpop3dsizelist: ${name}`, () => {
    assert.deepEqual(idsIn(text), expected);
    assert.deepEqual(read(text).problems, []);
  });
}

for (const line of [
  "",
  "a",
  "a 7",
  "a x 1:1:0",
  "a 7 x:1",
  "a 7 ENOMEM-1",
  "x/a 7 1:1:0",
  ":2,S 7 1:1:0",
  "a 7 1:1:0:0",
  "a 7 9999999999999999:1",
]) {
  test(`courierpop3dsizelist: the line ${JSON.stringify(line)} costs itself and no other`, () => {
    assert.deepEqual(idsIn(`/3 9\nk 7 1:1:0\n${line}\nz 7 8:1:0\n`), ["UID1-1 k", "UID8-1 z"]);
    assert.equal(read(`/3 9\n${line}\n`).problems[0]?.line, 2);
  });
}

test("courierpop3dsizelist: a last line without a line end is not read, as Courier does not read it", () => {
  assert.deepEqual(idsIn("/3 9\nk 7 1:1:0\nz 7 8:1"), ["UID1-1 k"]);
});

for (const text of ["", "/1 5 1\na 7 1:1\n", "/4 5\n", "3 V5 N6\n", "/3\n", "garbage"]) {
  test(`courierpop3dsizelist: ${JSON.stringify(text.slice(0, 9))} is told to be none`, () => {
    assert.ok("unusable" in readCourierSizeList(Buffer.from(text, "latin1")));
  });
}
