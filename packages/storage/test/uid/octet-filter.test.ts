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

test("among few, hardly any other is mistaken for one of them", () => {
  const filter = new OctetFilter(1);
  for (const text of ["a", "b", "c", "d"]) filter.add(Buffer.from(text), 0, 1);
  let mistaken = 0;
  for (let at = 0; at < 10_000; at++)
    if (filter.mayHold(Buffer.from(`${at}.other`), 0, `${at}.other`.length)) mistaken += 1;
  assert.ok(mistaken < 10, `${mistaken} of 10000`);
});
