import assert from "node:assert/strict";
import { test } from "node:test";
import { MaildirBuilder } from "../support/maildir-builder.js";
import { naiveUniqueId } from "../support/naive-model.js";
import { freshStore, openMaildrop } from "../support/store-fixture.js";

const NAMES = ["1.a", "2.caf\xe9", `3.${"x".repeat(68)}`, `4.${"x".repeat(69)}`, "5.a b", "6"];

test("RFC 1939 §7: a unique-id is copied as it is told, at any place, and nothing else is touched", async (t) => {
  const maildir = MaildirBuilder.in(t);
  for (const name of NAMES) maildir.put(`cur/${name},S=1:2,S`);
  const { messages } = await openMaildrop(freshStore(), maildir.root);
  assert.equal(messages.count, NAMES.length);
  for (let position = 0; position < messages.count; position++) {
    const uniqueId = messages.uniqueIdAt(position);
    assert.equal(uniqueId, naiveUniqueId(messages.pathAt(position).slice(4)));
    for (const offset of [0, 7]) {
      const target = Buffer.alloc(90, 0xa5);
      assert.equal(messages.copyUniqueId(position, target, offset), uniqueId.length);
      const expected = Buffer.alloc(90, 0xa5);
      expected.write(uniqueId, offset, "latin1");
      assert.deepEqual(target, expected);
    }
  }
});
