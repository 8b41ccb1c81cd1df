import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuthenticationStep } from "#server/auth/authenticator";
import { createHashQueue } from "#server/auth/hash-queue";
import { LoginExchange } from "#server/auth/login-exchange";
import { SchemeUnsupportedError } from "#server/auth/stored-secret";
import { createThrottle } from "#server/auth/throttle";
import { benchOver, PEER, password } from "./support/authenticator-bench.js";
import { createTurnedClock } from "./support/turned-clock.js";

const REJECTED: AuthenticationStep = { type: "rejected", user: "bob", why: "wrong-credentials" };
const ACCEPTED: AuthenticationStep = { type: "accepted", account: { name: "bob", maildir: undefined } };

function exchanges(failuresBeforeDelay: number) {
  const clock = createTurnedClock();
  const throttle = createThrottle({ clock, failuresBeforeDelay });
  const begin = (step: AuthenticationStep) =>
    new LoginExchange({ peer: PEER, clock, throttle, dialogue: () => ({ next: () => step }) });
  return { clock, begin };
}

/** What came of it so far. */
function watch(step: unknown) {
  const seen: { step?: unknown } = {};
  void Promise.resolve(step).then((value) => {
    seen.step = value;
  });
  return seen;
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

test("a refusal within the allowed number comes at once, without a promise", () => {
  const { begin } = exchanges(1);
  assert.deepEqual(begin(REJECTED).next(), REJECTED);
});

test("a refusal beyond it is held back by the clock, and told in full", async () => {
  const { begin, clock } = exchanges(0);
  const seen = watch(begin(REJECTED).next());
  clock.pass(999);
  await turn();
  assert.equal(seen.step, undefined);
  clock.pass(1);
  await turn();
  assert.deepEqual(seen.step, REJECTED);
  assert.equal(clock.running, 0);
});

test("cancelling ends the wait and its timer", async () => {
  const { begin, clock } = exchanges(0);
  const exchange = begin(REJECTED);
  const step = exchange.next();
  assert.equal(clock.running, 1);
  exchange.cancel();
  assert.equal(clock.running, 0);
  assert.deepEqual(await step, REJECTED);
});

test("the right password waits for the refusal that the same client did not wait for", async () => {
  const { begin, clock } = exchanges(0);
  begin(REJECTED).next();
  clock.pass(400);
  const seen = watch(begin(ACCEPTED).next());
  clock.pass(599);
  await turn();
  assert.equal(seen.step, undefined);
  clock.pass(1);
  await turn();
  assert.deepEqual(seen.step, ACCEPTED);
});

test("the right password after a refusal that was waited for is accepted at once", () => {
  const { begin, clock } = exchanges(0);
  begin(REJECTED).next();
  clock.pass(1000);
  assert.deepEqual(begin(ACCEPTED).next(), ACCEPTED);
});

const FAULTS = [
  { name: "a fault thrown", type: "unavailable", fail: () => assert.fail("broken") },
  { name: "a fault rejected", type: "unavailable", fail: () => Promise.reject(new Error("broken")) },
  {
    name: "a scheme this host cannot compute",
    type: "misconfigured",
    fail: () => Promise.reject(new SchemeUnsupportedError("CRYPT")),
  },
] as const;
for (const { name, type, fail } of FAULTS) {
  test(`${name} is ${type}, names the claimed user, and counts for nobody's failure`, async () => {
    const clock = createTurnedClock();
    const throttle = createThrottle({ clock, failuresBeforeDelay: 0 });
    const exchange = new LoginExchange({
      peer: PEER,
      clock,
      throttle,
      dialogue: (attempt) => ({
        next() {
          attempt.claims("bob");
          return fail();
        },
      }),
    });
    const step = await exchange.next();
    assert.deepEqual([step.type, "user" in step && step.user], [type, "bob"]);
    assert.equal(throttle.remaining(PEER.address, "bob"), 0);
  });
}

test("a full hash queue makes the login unavailable, and no password wrong", async () => {
  const hashing = createHashQueue({ concurrency: 1, waiting: 0 });
  void hashing.run("other", () => new Promise(() => {}));
  const { authenticator } = benchOver(["bob:$2y$05$11ipvo5dR6CwkzwmhwM26OXgzXwhV2PyPuLV.Qi31ILcRcThQpEiW"], {
    hashing,
  });
  const step = await authenticator.begin(password("bob", "test"), PEER).next();
  assert.deepEqual([step.type, "user" in step && step.user], ["unavailable", "bob"]);
});

test("a cancelled login that still waits for its turn hashes nothing", async () => {
  let free = () => {};
  const hashing = createHashQueue({ concurrency: 1 });
  const first = hashing.run(
    "other",
    () =>
      new Promise<void>((resolve) => {
        free = resolve;
      }),
  );
  const verified: string[] = [];
  const verify = async () => verified.push("hash") > 0;
  const source = benchSource(verify);
  const { authenticator } = benchOver([], { hashing, sources: [source] });
  const exchange = authenticator.begin(password("bob", "x"), PEER);
  const step = exchange.next();
  exchange.cancel();
  free();
  await first;
  await step;
  assert.deepEqual(verified, []);
});

function benchSource(verify: () => Promise<boolean>) {
  const kept = { scheme: "SLOW", cost: "heavy", verify, stored: password("x", "x") } as const;
  const stored = { ...kept, stored: kept.stored.type === "password" ? kept.stored.password : assert.fail() };
  return { secrets: () => [stored], find: (name: string) => ({ name, maildir: undefined, secret: stored }) };
}
