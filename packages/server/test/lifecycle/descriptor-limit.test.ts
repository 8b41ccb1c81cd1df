import assert from "node:assert/strict";
import { test } from "node:test";
import { descriptorShortage, parseDescriptorLimit } from "#server/lifecycle/descriptor-limit";

const LINE = "Max open files            1024                 524288               files     \n";

test("the soft limit is read from /proc", () => {
  const text = `Limit                     Soft Limit           Hard Limit           Units     \n${LINE}Max locked memory 1 2 bytes\n`;
  assert.equal(parseDescriptorLimit(text), 1024);
  assert.equal(parseDescriptorLimit(LINE.replace("1024", "unlimited")), undefined);
  assert.equal(parseDescriptorLimit(""), undefined);
});

test("as many descriptors as connections are too few: messages, listeners and the log need some too", () => {
  assert.deepEqual(descriptorShortage(10_000, 10_000), { limit: 10_000, needed: 15_100 });
  assert.equal(descriptorShortage(10_000, 15_100), undefined);
  assert.equal(descriptorShortage(10_000, undefined), descriptorShortage(10_000));
});

test("this process has descriptors for a few connections", () => {
  assert.equal(descriptorShortage(1), undefined);
});
