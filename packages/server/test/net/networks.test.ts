import assert from "node:assert/strict";
import { test } from "node:test";
import { createNetworks, isEverybody, isNetwork } from "#server/net/networks";

const NETWORKS = createNetworks(["10.0.0.0/8", "192.0.2.1", "2001:db8::/32", "::1"]);

for (const [address, expected] of [
  ["10.0.0.0", true],
  ["10.255.255.255", true],
  ["11.0.0.0", false],
  ["192.0.2.1", true],
  ["192.0.2.2", false],
  ["2001:db8:ffff::1", true],
  ["2001:db9::1", false],
  ["::1", true],
  ["::2", false],
  ["", false],
  ["localhost", false],
] as const) {
  test(`a network holds its own addresses: "${address}" ${expected}`, () =>
    assert.equal(NETWORKS.has(address), expected));
}

for (const [text, expected] of [
  ["0.0.0.0/0", true],
  ["::/0", true],
  ["10.0.0.0/33", false],
  ["::1/129", false],
  ["10.0.0.0/08", false],
  ["10.0.0.0/", false],
  ["10.0.0/8", false],
  ["fe80::1%eth0", false],
  ["example.org", false],
  ["", false],
] as const) {
  test(`a network is an address with an optional prefix: "${text}" ${expected}`, () =>
    assert.equal(isNetwork(text), expected));
}

test("only a prefix of 0 is everybody", () => {
  assert.deepEqual(["0.0.0.0/0", "::/0", "0.0.0.0/1", "0.0.0.0", "x"].map(isEverybody), [
    true,
    true,
    false,
    false,
    false,
  ]);
});

test("a text that is no network is a fault of the caller", () => {
  assert.throws(() => createNetworks(["10.0.0.0/99"]), /10\.0\.0\.0\/99 is no network/);
});
