import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { capabilityList } from "#protocol/session/capabilities";
import type { SessionPolicy } from "#protocol/session/session-policy";
import { textOf } from "../support/octets.js";
import { OPEN_POLICY } from "../support/policies.js";

const NOTHING = { userPass: false, mechanisms: [] };
const ALWAYS = ["TOP", "UIDL", "RESP-CODES", "AUTH-RESP-CODE", "PIPELINING"];

function lines(policy: SessionPolicy, encrypted: boolean, state: "AUTHORIZATION" | "TRANSACTION"): string[] {
  const offer = encrypted ? policy.encrypted : policy.clear;
  const { body } = capabilityList(state, { policy, offer, encrypted, apopStamp: undefined });
  const all = textOf(body ?? new Uint8Array()).split("\r\n");
  assert.deepEqual(all.splice(-2), [".", ""]);
  return all;
}

const ROWS: readonly {
  readonly name: string;
  readonly policy: Partial<SessionPolicy>;
  readonly encrypted: boolean;
  readonly rest: string[];
}[] = [
  {
    name: "everything on offer, in clear",
    policy: {},
    encrypted: false,
    rest: ["USER", "SASL SCRAM-SHA-256 PLAIN", "STLS", "UTF8 USER", "LANG"],
  },
  {
    name: "RFC 2595 §4: no STLS once TLS stands",
    policy: {},
    encrypted: true,
    rest: ["USER", "SASL SCRAM-SHA-256 PLAIN", "UTF8 USER", "LANG"],
  },
  {
    name: "RFC 2595 §2.3: nothing to log in with before TLS",
    policy: { clear: NOTHING },
    encrypted: false,
    rest: ["STLS", "UTF8", "LANG"],
  },
  {
    name: "no TLS at all",
    policy: { stls: "absent", clear: { userPass: true, mechanisms: [] } },
    encrypted: false,
    rest: ["USER", "UTF8 USER", "LANG"],
  },
  {
    name: "RFC 2449 §6.3: SASL with its mechanisms, but no USER",
    policy: { clear: { userPass: false, mechanisms: ["CRAM-MD5"] } },
    encrypted: false,
    rest: ["SASL CRAM-MD5", "STLS", "UTF8", "LANG"],
  },
  {
    name: "RFC 2449 §6.7: EXPIRE in days",
    policy: { expire: 30 },
    encrypted: true,
    rest: ["USER", "SASL SCRAM-SHA-256 PLAIN", "UTF8 USER", "LANG", "EXPIRE 30"],
  },
  {
    name: "RFC 2449 §6.7: EXPIRE 0",
    policy: { expire: 0 },
    encrypted: true,
    rest: ["USER", "SASL SCRAM-SHA-256 PLAIN", "UTF8 USER", "LANG", "EXPIRE 0"],
  },
  {
    name: "RFC 2449 §6.9: IMPLEMENTATION",
    policy: { expire: "never", implementation: "Postigo 1" },
    encrypted: true,
    rest: ["USER", "SASL SCRAM-SHA-256 PLAIN", "UTF8 USER", "LANG", "EXPIRE NEVER", "IMPLEMENTATION Postigo 1"],
  },
];

describe("CAPA", () => {
  for (const { name, policy, encrypted, rest } of ROWS) {
    const whole = { ...OPEN_POLICY, ...policy };
    test(`announces: ${name}`, () => assert.deepEqual(lines(whole, encrypted, "AUTHORIZATION"), [...ALWAYS, ...rest]));
    test(`announces the same after login, but for STLS: ${name}`, () => {
      const before = lines(whole, encrypted, "AUTHORIZATION");
      assert.deepEqual(
        lines(whole, encrypted, "TRANSACTION"),
        before.filter((line) => line !== "STLS"),
      );
    });
  }

  test("no line holds the name of a capability that is not announced, for clients that search in lines", () => {
    const all = lines({ ...OPEN_POLICY, clear: NOTHING }, false, "AUTHORIZATION");
    for (const name of ["USER", "SASL", "APOP", "LOGIN-DELAY", "CRAM-MD5", "LAST"]) {
      assert.equal(
        all.some((line) => line.includes(name)),
        false,
        name,
      );
    }
  });
});
