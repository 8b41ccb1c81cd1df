import assert from "node:assert/strict";
import { test } from "node:test";
import { mechanismShortfalls } from "#server/auth/announced-mechanisms";
import { benchOver, PEER, sasl, sourceOf } from "./support/authenticator-bench.js";

const PLAIN = "ana:{PLAIN}x";
const HASH = "bob:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=";
const SCRAM_1 =
  "carla:{SCRAM-SHA-1}4096,GetyLXdBuHzf1FWf8SLz2Q==,NA/OqmF4hhrsrB9KR7po+dliTGM=,QBiURvQaE6H6qYTmeghDHLANBFQ=";
const CRAM = "dora:{CRAM-MD5}e02d374fde0dc75a17a557039a3a5338c7743304777dccd376f332bee68d2cf6";
const ALL = ["SCRAM-SHA-256", "SCRAM-SHA-1", "CRAM-MD5", "PLAIN", "LOGIN"] as const;

const CASES = [
  { name: "accounts in plain text", lines: [PLAIN], listed: undefined, announced: ALL },
  { name: "one hash among them", lines: [PLAIN, HASH], listed: undefined, announced: ALL },
  { name: "hashes only", lines: [HASH], listed: undefined, announced: ["PLAIN", "LOGIN"] },
  {
    name: "SCRAM keys of one kind",
    lines: [HASH, SCRAM_1],
    listed: undefined,
    announced: ["SCRAM-SHA-1", "PLAIN", "LOGIN"],
  },
  { name: "HMAC-MD5 states", lines: [HASH, CRAM], listed: undefined, announced: ["CRAM-MD5", "PLAIN", "LOGIN"] },
  {
    name: "a list, and one account that can",
    lines: [HASH, SCRAM_1],
    listed: ALL,
    announced: ["SCRAM-SHA-1", "PLAIN", "LOGIN"],
  },
  {
    name: "a list in another order",
    lines: [PLAIN],
    listed: ["LOGIN", "SCRAM-SHA-1"] as const,
    announced: ["SCRAM-SHA-1", "LOGIN"],
  },
  { name: "a list of what no account can", lines: [HASH], listed: ["CRAM-MD5"] as const, announced: [] },
] as const;

for (const { name, lines, listed, announced } of CASES) {
  test(`announced, strongest first, with ${name}: ${announced.join(" ") || "nothing"}`, async () => {
    const { authenticator } = benchOver(lines, { mechanisms: listed });
    assert.deepEqual(authenticator.abilities().mechanisms, announced);
    for (const mechanism of [...ALL, "GSSAPI", "plain", "__proto__"]) {
      const step = await authenticator.begin(sasl(mechanism), PEER).next();
      const possible = (announced as readonly string[]).includes(mechanism);
      assert.equal(step.type === "rejected" && step.why === "mechanism-not-possible", !possible, mechanism);
    }
  });
}

test("an operator hears which announced mechanisms leave accounts out, and how many", () => {
  const secrets = sourceOf([PLAIN, HASH, SCRAM_1]).secrets();
  assert.deepEqual(mechanismShortfalls(undefined, secrets), [
    { mechanism: "SCRAM-SHA-256", accounts: 2 },
    { mechanism: "SCRAM-SHA-1", accounts: 1 },
    { mechanism: "CRAM-MD5", accounts: 2 },
  ]);
  assert.deepEqual(mechanismShortfalls(["PLAIN", "LOGIN"], secrets), []);
  assert.deepEqual(mechanismShortfalls(undefined, sourceOf([PLAIN]).secrets()), []);
});

for (const { lines, apop, possible } of [
  { lines: [PLAIN, HASH], apop: true, possible: true },
  { lines: [HASH], apop: true, possible: false },
  { lines: [PLAIN], apop: false, possible: false },
]) {
  test(`APOP ${apop ? "on" : "off"} with ${lines.length} accounts: ${possible ? "possible" : "not possible"}`, () => {
    assert.equal(benchOver(lines, { apop }).authenticator.abilities().apop, possible);
  });
}
