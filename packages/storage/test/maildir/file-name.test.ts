import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { baseLengthOf, flagsOf, octetHintOf, uniqueLengthOf, withSeenFlag } from "#storage/maildir/file-name";

const uniqueNameOf = (name: string): string => name.slice(0, uniqueLengthOf(name));

const UNIQUE_NAMES = [
  ["1700000000.M5P6.host", "1700000000.M5P6.host"],
  ["1700000000.M5P6.host:2,S", "1700000000.M5P6.host"],
  ["1700000000.M5P6.host,S=10,W=12:2,", "1700000000.M5P6.host"],
  ["1700000000.M5P6.host,S=10", "1700000000.M5P6.host"],
  ["1700000000.R1.host,U=7:2,S", "1700000000.R1.host"],
  ["1700000000_0.1.host,U=5,FMD5=7e33:2,S", "1700000000_0.1.host"],
  ["Report, January.eml", "Report, January.eml"],
  ["Report, February.eml,S=3:2,S", "Report, February.eml"],
  ["a,s=5:2,", "a,s=5"],
  ["a,S:2,", "a,S"],
  ["a,S", "a,S"],
  ["a,,S=1", "a,"],
  ["a,5S=1", "a,5S=1"],
  ["a,", "a,"],
  ["a:2,S,S=10", "a"],
  ["a:b:2,S", "a"],
  ["a:", "a"],
  [":2,S", ""],
  [",S=1:2,S", ""],
  ["", ""],
  ["-rf", "-rf"],
  ["a\nb:2,", "a\nb"],
  ["caf\xe9,S=1", "caf\xe9"],
] as const;

for (const [name, expected] of UNIQUE_NAMES) {
  test(`the unique name of ${JSON.stringify(name)} is ${JSON.stringify(expected)}`, () => {
    assert.equal(uniqueNameOf(name), expected);
  });
}

test("a change of info never changes the unique name", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (base, info) => {
      const name = base.replaceAll(":", "");
      assert.equal(uniqueNameOf(`${name}:${info}`), uniqueNameOf(name));
    }),
  );
});

test("an added size field never changes the unique name", () => {
  fc.assert(
    fc.property(fc.string(), fc.nat(), (base, octets) => {
      const name = base.replaceAll(":", "");
      assert.equal(uniqueNameOf(`${name},S=${octets},W=${octets}:2,`), uniqueNameOf(name));
    }),
  );
});

test("the base name ends before the first colon", () => {
  assert.equal(baseLengthOf("a,S=1:2,S:x"), 5);
  assert.equal(baseLengthOf("a,S=1"), 5);
});

const HINTS = [
  ["a,S=10,W=12:2,", 10, 12],
  ["a,W=12,S=10", 10, 12],
  ["a,S=0:2,", 0, -1],
  ["a", -1, -1],
  ["a,S=:2,", -1, -1],
  ["a,S=1x:2,", -1, -1],
  ["a,S=-1", -1, -1],
  ["a,S=+1", -1, -1],
  ["a,S= 1", -1, -1],
  ["a:2,S=10,S=5", -1, -1],
  ["a,S=999999999999999", 999_999_999_999_999, -1],
  ["a,S=1000000000000000", -1, -1],
  ["a,S=99999999999999999999999999", -1, -1],
] as const;

for (const [name, disk, wire] of HINTS) {
  test(`the octets in ${JSON.stringify(name)} are S ${disk}, W ${wire}`, () => {
    assert.equal(octetHintOf(name, "S"), disk);
    assert.equal(octetHintOf(name, "W"), wire);
  });
}

const SEEN = [
  ["a", "a:2,S"],
  ["a:", "a:2,S"],
  ["a:2,", "a:2,S"],
  ["a:2,S", "a:2,S"],
  ["a:2,FRT", "a:2,FRST"],
  ["a:2,T", "a:2,ST"],
  ["a:2,Fab", "a:2,FSab"],
  ["a:1,experimental", "a:1,experimental"],
  ["a:odd", "a:odd"],
] as const;

for (const [name, expected] of SEEN) {
  test(`${JSON.stringify(name)} marked as seen is ${JSON.stringify(expected)}`, () => {
    assert.equal(withSeenFlag(name), expected);
    assert.equal(uniqueNameOf(expected), uniqueNameOf(name));
  });
}

test("flags are those of a 2, info only", () => {
  assert.equal(flagsOf("a:2,FS"), "FS");
  assert.equal(flagsOf("a:1,FS"), "");
  assert.equal(flagsOf("a,S=2,FS"), "");
});
