import assert from "node:assert/strict";
import { test } from "node:test";
import { parseStoredSecret } from "#server/auth/schemes/scheme-table";
import { createSuccessCache } from "#server/auth/success-cache";
import { benchOver, PEER, password } from "./support/authenticator-bench.js";
import { createTurnedClock } from "./support/turned-clock.js";

const BCRYPT = "{BLF-CRYPT}$2y$05$11ipvo5dR6CwkzwmhwM26OXgzXwhV2PyPuLV.Qi31ILcRcThQpEiW";
const begin = (bench: ReturnType<typeof benchOver>, text: string, user = "bob") =>
  bench.authenticator.begin(password(user, text), PEER).next();

test("a heavy hash is computed once for the same right password, and then answered at once", async () => {
  const bench = benchOver([`bob:${BCRYPT}`]);
  assert.equal((await begin(bench, "test")).type, "accepted");
  const again = begin(bench, "test");
  assert.ok(!(again instanceof Promise));
  assert.equal(again.type, "accepted");
  assert.equal(bench.jobs(), 1);
});

test("a wrong password is never remembered, nor is a right one for another name", async () => {
  const bench = benchOver([`bob:${BCRYPT}`]);
  await begin(bench, "test");
  for (const [text, user] of [
    ["Test", "bob"],
    ["Test", "bob"],
    ["test", "eve"],
    ["test", "eve"],
  ] as const) {
    assert.equal((await begin(bench, text, user)).type, "rejected");
  }
  assert.equal(bench.jobs(), 5);
});

test("a success is forgotten after five minutes", async () => {
  const bench = benchOver([`bob:${BCRYPT}`]);
  await begin(bench, "test");
  bench.clock.pass(5 * 60_000 - 1);
  await begin(bench, "test");
  assert.equal(bench.jobs(), 1);
  bench.clock.pass(1);
  await begin(bench, "test");
  assert.equal(bench.jobs(), 2);
});

test("the cache can be switched off", async () => {
  const bench = benchOver([`bob:${BCRYPT}`], { successCacheMs: 0 });
  await begin(bench, "test");
  await begin(bench, "test");
  assert.equal(bench.jobs(), 2);
});

test("keys differ where user and password only share their joint, and by stored secret; the table stays bounded", () => {
  const cache = createSuccessCache({ clock: createTurnedClock(), most: 2 });
  const [one, two] = ["{PLAIN}x", "{PLAIN}y"].map((text) => {
    const parsed = parseStoredSecret(text);
    assert.equal(parsed.type, "secret");
    return parsed.secret;
  });
  assert.ok(one && two);
  const keys = [
    cache.key("ab", Buffer.from("c"), one),
    cache.key("a", Buffer.from("bc"), one),
    cache.key("ab", Buffer.from("c"), two),
  ];
  assert.equal(new Set(keys).size, 3);
  for (const key of keys) cache.add(key);
  assert.deepEqual(
    keys.map((key) => cache.has(key)),
    [false, true, true],
  );
});
