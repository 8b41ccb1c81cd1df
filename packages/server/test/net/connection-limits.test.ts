import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ConnectionLimits, networkOf, type Pass } from "#server/net/connection-limits";

const admitted = (outcome: Pass | string): Pass => {
  if (typeof outcome === "string") assert.fail(outcome);
  return outcome;
};

test("an address is refused at its limit, others are not, and a place that is given back is free", () => {
  const limits = new ConnectionLimits({ connections: 10, perAddress: 2, perAccount: 1 });
  const first = admitted(limits.admit("192.0.2.1"));
  admitted(limits.admit("192.0.2.1"));
  assert.equal(limits.admit("192.0.2.1"), "too-many-from-address");
  admitted(limits.admit("192.0.2.2"));
  first.release();
  first.release();
  admitted(limits.admit("192.0.2.1"));
  assert.equal(limits.admit("192.0.2.1"), "too-many-from-address", "giving back twice counts once");
  assert.equal(limits.connections, 3);
});

test("the total holds over all addresses", () => {
  const limits = new ConnectionLimits({ connections: 2, perAddress: 2, perAccount: 1 });
  const first = admitted(limits.admit("192.0.2.1"));
  admitted(limits.admit("192.0.2.2"));
  assert.equal(limits.admit("192.0.2.3"), "too-many-connections");
  first.release();
  admitted(limits.admit("192.0.2.3"));
});

test("sessions are counted by account, as it is spelled", () => {
  const limits = new ConnectionLimits({ connections: 9, perAddress: 9, perAccount: 2 });
  const first = admitted(limits.admitSession("ann"));
  admitted(limits.admitSession("ann"));
  assert.equal(limits.admitSession("ann"), "too-many-sessions");
  admitted(limits.admitSession("Ann"));
  admitted(limits.admitSession("__proto__"));
  first.release();
  admitted(limits.admitSession("ann"));
});

test("new limits hold for newcomers and throw nobody out", () => {
  const limits = new ConnectionLimits({ connections: 3, perAddress: 3, perAccount: 1 });
  const passes = [1, 2, 3].map(() => admitted(limits.admit("192.0.2.1")));
  limits.update({ connections: 1, perAddress: 1, perAccount: 1 });
  passes[0]?.release();
  passes[1]?.release();
  assert.equal(limits.admit("192.0.2.2"), "too-many-connections");
  passes[2]?.release();
  admitted(limits.admit("192.0.2.2"));
});

const SAME: [string, string][] = [
  ["2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"],
  ["2001:db8::1", "2001:db8:0:0:1:2:3:4"],
  ["::1", "::2"],
  ["::ffff:192.0.2.1", "192.0.2.1"],
  ["fe80::1%eth0", "fe80::2%eth1"],
  ["2001:DB8::1", "2001:0db8::1"],
  ["1:2:3:4:5:6:7:8", "1:2:3:4::"],
];
for (const [one, other] of SAME)
  test(`${one} and ${other} are one client`, () => assert.equal(networkOf(one), networkOf(other)));

const DIFFERENT: [string, string][] = [
  ["192.0.2.1", "192.0.2.2"],
  ["2001:db8:1:2::1", "2001:db8:1:3::1"],
  ["2001:db8::1", "2001:db9::1"],
  ["1::2:3:4:5:6", "1:2:3:4:5:6::"],
  ["::ffff:192.0.2.1", "::ffff:192.0.2.2"],
];
for (const [one, other] of DIFFERENT)
  test(`${one} and ${other} are two clients`, () => assert.notEqual(networkOf(one), networkOf(other)));

test("all addresses of a /64 are one client, whatever zeros their text leaves out", () => {
  const hextet = fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 0xffff }));
  fc.assert(
    fc.property(fc.array(hextet, { minLength: 8, maxLength: 8 }), (groups) => {
      const full = groups.map((group) => group.toString(16).padStart(4, "0")).join(":");
      const plain = groups.map((group) => group.toString(16)).join(":");
      const short = new URL(`http://[${full}]/`).hostname.slice(1, -1);
      assert.equal(networkOf(full), `${plain.split(":").slice(0, 4).join(":")}::/64`);
      assert.equal(networkOf(short), networkOf(full));
    }),
  );
});

test("counts never go wrong and nothing is remembered of who has left", () => {
  const step = fc.record({ address: fc.integer({ min: 0, max: 4 }), leaves: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const limits = new ConnectionLimits({ connections: 7, perAddress: 3, perAccount: 1 });
      const inside: { address: number; pass: Pass }[] = [];
      for (const { address, leaves } of steps) {
        const at = inside.findIndex((one) => one.address === address);
        if (leaves && at >= 0) inside.splice(at, 1)[0]?.pass.release();
        if (leaves) continue;
        const outcome = limits.admit(`192.0.2.${address}`);
        const mine = inside.filter((one) => one.address === address).length;
        assert.equal(typeof outcome === "string", inside.length >= 7 || mine >= 3);
        if (typeof outcome !== "string") inside.push({ address, pass: outcome });
      }
      assert.equal(limits.connections, inside.length);
      for (const { pass } of inside) pass.release();
      assert.equal(limits.connections, 0);
    }),
  );
});
