import assert from "node:assert/strict";
import { test } from "node:test";
import { errnoError, errnoOf, isMissing } from "#storage/ports/errno";
import { nativePath, octetPath } from "#storage/ports/octet-path";

const TEXTS = [
  { text: "/var/mail", octets: "/var/mail" },
  { text: "/välkommen", octets: "/v\xc3\xa4lkommen" },
  { text: "/€", octets: "/\xe2\x82\xac" },
] as const;

for (const { text, octets } of TEXTS) {
  test(`octetPath gives the octets of ${text}, and nativePath brings them to the system`, () => {
    assert.equal(octetPath(text), octets);
    assert.equal(Buffer.from(nativePath(octets)).toString("utf8"), text);
  });
}

test("nativePath keeps ASCII as text, which is cheaper, and octets that are no UTF-8 as they are", () => {
  assert.equal(nativePath("cur/1.M2.host:2,S"), "cur/1.M2.host:2,S");
  assert.deepEqual(nativePath("cur/\xff\x80"), Buffer.from([0x63, 0x75, 0x72, 0x2f, 0xff, 0x80]));
});

const THROWN = [
  { thrown: errnoError("ENOENT", "open", "/x"), errno: "ENOENT", missing: true },
  { thrown: errnoError("ESTALE", "unlink", "/x"), errno: "ESTALE", missing: true },
  { thrown: errnoError("EIO", "read", "/x"), errno: "EIO", missing: false },
  { thrown: new Error("ours"), errno: undefined, missing: false },
  { thrown: { code: "ENOENT" }, errno: undefined, missing: false },
  { thrown: Object.assign(new Error("odd"), { code: 2 }), errno: undefined, missing: false },
];

for (const { thrown, errno, missing } of THROWN) {
  test(`errnoOf reads ${String(thrown)} as ${errno}`, () => {
    assert.equal(errnoOf(thrown), errno);
    assert.equal(isMissing(thrown), missing);
  });
}
