// Unknown users and wrong passwords are alike: counted in work done, not in time.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { AccountSource } from "#server/auth/account-source";
import type { AuthenticationStep } from "#server/auth/authenticator";
import type { StoredSecret } from "#server/auth/stored-secret";
import { benchOver, PEER, password, sasl, secret, sourceOf } from "./support/authenticator-bench.js";
import { createScramClient } from "./support/scram-client.js";

/** The source, and the schemes that were asked to verify, in order. */
function watched(source: AccountSource) {
  const verified: string[] = [];
  const watch = (kept: StoredSecret): StoredSecret => ({
    ...kept,
    verify(octets) {
      verified.push(kept.scheme);
      return kept.verify(octets);
    },
  });
  const secrets = source.secrets().map(watch);
  const sources: AccountSource[] = [
    {
      secrets: () => secrets,
      find: async (name) => {
        const account = await source.find(name);
        return account && { ...account, secret: watch(account.secret) };
      },
    },
  ];
  return { sources, verified };
}

const FILES = [
  {
    name: "SHA512-CRYPT",
    lines: [
      "bob:$6$rounds=1000$salt$xdTIcVUCDtTLKDsTZYJuKxHLgaTnJyZbFJXZr2lUp84lCcB2zOq7bZS9ZqIU0V0fPGWYnVL4WkRXnkF5eTQ8p1",
    ],
  },
  { name: "BLF-CRYPT", lines: ["bob:$2y$05$11ipvo5dR6CwkzwmhwM26OXgzXwhV2PyPuLV.Qi31ILcRcThQpEiW"] },
  { name: "SHA", lines: ["bob:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M="] },
  { name: "PLAIN", lines: ["bob:{PLAIN}x"] },
];

for (const { name, lines } of FILES) {
  test(`a wrong password, an unknown user and a forbidden name do the same work: ${name}`, async () => {
    const work = [];
    for (const user of ["bob", "nobody", "../bob"]) {
      const { sources, verified } = watched(sourceOf(lines));
      const bench = benchOver([], { sources });
      const step = await bench.authenticator.begin(password(user, "wrong"), PEER).next();
      assert.equal(step.type, "rejected");
      work.push({ verified, jobs: bench.jobs() });
    }
    assert.deepEqual(work[0]?.verified, [name]);
    assert.deepEqual(work[1], work[0]);
    assert.deepEqual(work[2], work[0]);
  });
}

test("a stranger is refused even with the password of the account that stands in for him", async () => {
  const { authenticator } = benchOver(["bob:{PLAIN}secret"]);
  assert.deepEqual(await authenticator.begin(password("nobody", "secret"), PEER).next(), {
    type: "rejected",
    user: "nobody",
    why: "unknown-user",
  });
});

test("in a file of mixed schemes a stranger has the same stand-in each time, and all schemes are drawn", async () => {
  const { sources, verified } = watched(sourceOf(["bob:{PLAIN}x", "ana:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M="]));
  const { authenticator } = benchOver([], { sources });
  for (let index = 0; index < 64; index += 1) {
    for (const _ of [1, 2]) await authenticator.begin(password(`user${index}`, "x"), PEER).next();
  }
  const pairs = Array.from({ length: 64 }, (_, index) => verified.slice(2 * index, 2 * index + 2));
  assert.ok(pairs.every(([first, second]) => first === second));
  assert.deepEqual(new Set(verified), new Set(["PLAIN", "SHA"]));
});

const KEYS =
  "{SCRAM-SHA-256}8192,LfNGSFqiFykEZ1xDAYlnKQ==,HACNf9CII7cMz3XjRy/Oh3Ae2LHApoDyNw74d3YtFws=,AQH0j7Hf8J12g8eNBadvzlNB2am3PxgNwFCFd3RxEaw=";
for (const { kept, line, jobs } of [
  { kept: "as keys", line: `bob:${KEYS}`, jobs: 0 },
  { kept: "in plain text", line: "bob:{PLAIN}x", jobs: 1 },
]) {
  test(`SCRAM with accounts kept ${kept}: a stranger sees a salt of his own, the same iterations and the same work`, async () => {
    const seen = [];
    for (const user of ["bob", "nobody", "nobody", "someone"]) {
      const bench = benchOver([line]);
      seen.push({ ...(await failScram(bench, user)), jobs: bench.jobs() });
    }
    const [bob, nobody, , someone] = seen;
    assert.ok(bob && nobody && someone);
    assert.deepEqual([bob.jobs, nobody.jobs], [jobs, jobs]);
    assert.equal(nobody.iterations, bob.iterations);
    assert.equal(nobody.salt.length, bob.salt.length);
    assert.equal(new Set([bob.salt, nobody.salt, someone.salt]).size, 3);
  });
}

test("SCRAM shows a stranger the same salt each time he asks", async () => {
  const bench = benchOver(["bob:{PLAIN}x"]);
  const salts = [
    await failScram(bench, "nobody"),
    await failScram(bench, "nobody"),
    await failScram(bench, "bob"),
    await failScram(bench, "bob"),
  ];
  assert.equal(salts[0]?.salt, salts[1]?.salt);
  assert.equal(salts[2]?.salt, salts[3]?.salt);
});

test("SCRAM shows a stranger, as an account, the same salt after a reload and in another worker", async () => {
  for (const user of ["nobody", "bob"]) {
    const before = await failScram(benchOver([`bob:${KEYS}`]), user);
    const after = await failScram(benchOver([`bob:${KEYS}`]), user);
    assert.equal(after.salt, before.salt);
  }
});

async function failScram({ authenticator }: ReturnType<typeof benchOver>, user: string) {
  const client = createScramClient({ hash: "sha256", user, password: "wrong", nonce: "clientnonce0123" });
  const exchange = authenticator.begin(sasl("SCRAM-SHA-256", client.first), PEER);
  const serverFirst = textOf(await exchange.next());
  const step = await exchange.next(secret(client.final(serverFirst)));
  assert.equal(step.type, "rejected");
  const [, salt = "", iterations = ""] = /,s=([^,]+),i=(\d+)$/.exec(serverFirst) ?? [];
  return { salt, iterations };
}

for (const mechanism of ["CRAM-MD5", "LOGIN"] as const) {
  test(`${mechanism} asks a stranger what it asks an account`, async () => {
    const { authenticator } = benchOver(["bob:{PLAIN}x"]);
    const answers = {
      "CRAM-MD5": (user: string) => [`${user} ${"0".repeat(32)}`],
      LOGIN: (user: string) => [user, "wrong"],
    };
    const heard = [];
    for (const user of ["bob", "nobody"]) {
      const exchange = authenticator.begin(sasl(mechanism), PEER);
      const steps = [(await exchange.next()).type];
      for (const answer of answers[mechanism](user)) steps.push((await exchange.next(secret(answer))).type);
      heard.push(steps);
    }
    assert.deepEqual(heard[0], heard[1]);
  });
}

function textOf(step: AuthenticationStep): string {
  assert.equal(step.type, "challenge");
  return Buffer.from(step.octets).toString();
}
