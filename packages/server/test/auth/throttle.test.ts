import assert from "node:assert/strict";
import { test } from "node:test";
import { peerKey } from "#server/auth/peer-key";
import { createThrottle } from "#server/auth/throttle";
import { createTurnedClock } from "./support/turned-clock.js";

function throttleOf(failuresBeforeDelay: number, most?: number) {
  const clock = createTurnedClock();
  return { clock, throttle: createThrottle({ clock, failuresBeforeDelay, ...(most === undefined ? {} : { most }) }) };
}

test("three failures are free, then the refusal is held back 1, 2, 4, 8 and at most 15 s", () => {
  const { throttle } = throttleOf(3);
  const delays = Array.from({ length: 9 }, () => throttle.failed("192.0.2.1", "bob"));
  assert.deepEqual(delays, [0, 0, 0, 1000, 2000, 4000, 8000, 15_000, 15_000]);
});

test("failures count by account from everywhere, and by address for every account", () => {
  const { throttle } = throttleOf(2);
  throttle.failed("192.0.2.1", "bob");
  throttle.failed("192.0.2.2", "bob");
  assert.equal(throttle.failed("192.0.2.3", "bob"), 1000);
  assert.equal(throttle.failed("192.0.2.9", "ana"), 0);
  throttle.failed("192.0.2.8", "carla");
  throttle.failed("192.0.2.8", "dora");
  assert.equal(throttle.failed("192.0.2.8", "eva"), 1000);
});

test("failures without a name do not add up over addresses", () => {
  const { throttle } = throttleOf(0);
  for (let index = 0; index < 9; index += 1) throttle.failed(`192.0.2.${index}`, undefined);
  assert.equal(throttle.failed("198.51.100.1", undefined), 1000);
});

test("one failure is forgotten each minute: a device with an old password that polls each minute is never delayed", () => {
  const { throttle, clock } = throttleOf(1);
  for (let poll = 0; poll < 100; poll += 1) {
    assert.equal(throttle.failed("192.0.2.1", "bob"), 0);
    clock.pass(60_000);
  }
});

test("a success forgets what the address failed at this account, and only that", () => {
  const { throttle } = throttleOf(2);
  throttle.failed("192.0.2.1", "bob");
  throttle.failed("192.0.2.1", "ana");
  throttle.succeeded("192.0.2.1", "bob");
  assert.equal(throttle.failed("192.0.2.1", "ana"), 0);
  assert.equal(throttle.failed("192.0.2.1", "ana"), 1000);
});

test("until a refusal is out the same address has to wait for the same account, and nobody else has", () => {
  const { throttle, clock } = throttleOf(0);
  throttle.failed("192.0.2.1", "bob");
  throttle.failed("192.0.2.1", "bob");
  assert.equal(throttle.remaining("192.0.2.1", "bob"), 2000);
  assert.equal(throttle.remaining("192.0.2.2", "bob"), 0);
  assert.equal(throttle.remaining("192.0.2.1", "ana"), 0);
  clock.pass(1500);
  assert.equal(throttle.remaining("192.0.2.1", "bob"), 500);
  clock.pass(500);
  assert.equal(throttle.remaining("192.0.2.1", "bob"), 0);
});

test("a peer cannot make the tables grow, and does not lose its own count by trying", () => {
  const { throttle } = throttleOf(1, 100);
  for (let index = 0; index < 10_000; index += 1) throttle.failed("192.0.2.1", `user${index}`);
  assert.equal(throttle.failed("192.0.2.1", "another"), 15_000);
  assert.equal(throttle.remaining("192.0.2.1", "user0"), 0);
});

const KEYS = [
  { address: "192.0.2.7", key: "192.0.2.7" },
  { address: "::ffff:192.0.2.7", key: "192.0.2.7" },
  { address: "2001:db8:1:2:3:4:5:6", key: "2001:db8:1:2::/64" },
  { address: "2001:DB8:0001:0002::1", key: "2001:db8:1:2::/64" },
  { address: "2001:db8::1", key: "2001:db8:0:0::/64" },
  { address: "::1", key: "0:0:0:0::/64" },
  { address: "fe80::1%eth0", key: "fe80:0:0:0::/64" },
  { address: "", key: "" },
] as const;
for (const { address, key } of KEYS) {
  test(`the party behind ${address || "a socket without an address"} is ${key || "itself"}`, () => {
    assert.equal(peerKey(address), key);
  });
}
