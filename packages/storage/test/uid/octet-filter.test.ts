import assert from "node:assert/strict";
import { test } from "node:test";
import { OctetFilter } from "#storage/uid/octet-filter";

test("what was added is never denied, and few others are mistaken for it", () => {
  const filter = new OctetFilter(20_000);
  const mayHold = (text: string): boolean => filter.mayHold(Buffer.from(text), 0, text.length);
  for (let at = 0; at < 20_000; at++) filter.add(Buffer.from(`${at}.host`), 0, `${at}.host`.length);
  let mistaken = 0;
  for (let at = 0; at < 20_000; at++) {
    assert.ok(mayHold(`${at}.host`));
    if (mayHold(`${at}.other`)) mistaken += 1;
  }
  assert.ok(mistaken < 1_000, `${mistaken} of 20000`);
  assert.ok(filter.byteLength <= 32_768);
});
