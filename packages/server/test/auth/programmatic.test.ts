import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuthenticationMethod } from "@postigo/protocol";
import { createProgrammaticAuthenticator, type VerifyPassword } from "#server/auth/programmatic";
import { createThrottle } from "#server/auth/throttle";
import { PEER, password, sasl } from "./support/authenticator-bench.js";
import { createTurnedClock } from "./support/turned-clock.js";

const verify: VerifyPassword = async (user, text) => {
  if (user === "broken") throw new Error("no connection");
  if (text !== "contraseña") return user === "bob" ? false : undefined;
  return user === "bob" ? { name: "robert", maildir: "/srv/robert" } : true;
};

function authenticatorOf(check: VerifyPassword) {
  const clock = createTurnedClock();
  return createProgrammaticAuthenticator({
    verify: check,
    clock,
    throttle: createThrottle({ clock, failuresBeforeDelay: 9 }),
  });
}

const CASES: readonly { name: string; method: AuthenticationMethod; expected: unknown }[] = [
  {
    name: "true",
    method: password("ana", "contraseña"),
    expected: { type: "accepted", account: { name: "ana", maildir: undefined } },
  },
  {
    name: "an account",
    method: sasl("PLAIN", "\0bob\0contraseña"),
    expected: { type: "accepted", account: { name: "robert", maildir: "/srv/robert" } },
  },
  {
    name: "false",
    method: password("bob", "x"),
    expected: { type: "rejected", user: "bob", why: "wrong-credentials" },
  },
  {
    name: "undefined",
    method: password("eve", "x"),
    expected: { type: "rejected", user: "eve", why: "wrong-credentials" },
  },
  {
    name: "a name that could leave the spool",
    method: password("../bob", "contraseña"),
    expected: { type: "rejected", user: "../bob", why: "forbidden-name" },
  },
  {
    name: "a password that is no UTF-8",
    method: password("bob", Buffer.from([0xff])),
    expected: { type: "rejected", user: "bob", why: "malformed-response" },
  },
  {
    name: "APOP",
    method: { type: "apop", user: "bob", digest: "" },
    expected: { type: "rejected", user: undefined, why: "mechanism-not-possible" },
  },
  {
    name: "SCRAM",
    method: sasl("SCRAM-SHA-256", ""),
    expected: { type: "rejected", user: undefined, why: "mechanism-not-possible" },
  },
];

for (const { name, method, expected } of CASES) {
  test(`an authenticator made of a function: ${name}`, async () => {
    assert.deepEqual(await authenticatorOf(verify).begin(method, PEER).next(), expected);
  });
}

test("an authenticator made of a function that throws is unavailable", async () => {
  const step = await authenticatorOf(verify).begin(password("broken", "x"), PEER).next();
  assert.deepEqual([step.type, "user" in step && step.user], ["unavailable", "broken"]);
});

test("an account whose name could leave the spool is refused even when the function made it", async () => {
  const { begin } = authenticatorOf(async () => ({ name: "../etc", maildir: undefined }));
  assert.equal((await begin(password("bob", "x"), PEER).next()).type, "rejected");
});

test("an authenticator made of a function announces what hands it the password", () => {
  assert.deepEqual(authenticatorOf(verify).abilities(), {
    password: true,
    apop: false,
    mechanisms: ["PLAIN", "LOGIN"],
  });
});
