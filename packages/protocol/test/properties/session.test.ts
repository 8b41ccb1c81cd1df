import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import type { Input } from "#protocol/session/input";
import { type FakeMessage, FakeServer, latin1, type Sight } from "../support/fake-server.js";
import { NaiveModel } from "../support/naive-model.js";
import { octetsOf } from "../support/octets.js";
import { CLEAR_OPENING, OPEN_POLICY, withLimits } from "../support/policies.js";

const line = fc.constantFrom("", ".", "..", "a", "Subject: x", ".a", "0123456789");
const message: fc.Arbitrary<FakeMessage> = fc.record({
  uniqueId: fc.string({ unit: fc.constantFrom("a", "~", "!", "7"), minLength: 1, maxLength: 8 }),
  lines: fc.array(line, { maxLength: 6 }),
});
const messages = fc.array(message, { maxLength: 70 });

const number = fc.oneof(
  fc.nat(5).map(String),
  fc.constantFrom("0", "33", "70", "71", "-1", "1x", "", "99999999999999999999"),
);
const command = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("STAT", "LIST", "UIDL", "NOOP") },
  {
    weight: 6,
    arbitrary: fc
      .tuple(fc.constantFrom("LIST", "UIDL", "RETR", "DELE"), number)
      .map((words) => words.join(" ").trimEnd()),
  },
  { weight: 2, arbitrary: fc.tuple(fc.constant("TOP"), number, number).map((words) => words.join(" ").trimEnd()) },
  { weight: 1, arbitrary: fc.constantFrom("RSET", "BOGUS", "NOOP x", "USER mrose", "QUIT", "PASS x", "") },
);
const login = fc.constantFrom(
  ["USER mrose", "PASS a  b "],
  ["USER mrose", "PASS wrong", "STAT", "USER mrose", "PASS a  b "],
  ["USER mrose"],
  ["NOOP", "PASS a", "USER mrose", "PASS a  b "],
);
const conversation = fc.tuple(login, fc.array(command, { maxLength: 40 })).map(([first, rest]) => [...first, ...rest]);
const cuts = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 30 });

function server(held: readonly FakeMessage[], policy = OPEN_POLICY): FakeServer {
  const fake = new FakeServer(policy, CLEAR_OPENING);
  fake.accounts.set("mrose", "a  b ");
  fake.messages = [...held];
  fake.start();
  fake.sights();
  return fake;
}

/** Feeds octets in pieces of these lengths in turn. */
function feed(fake: FakeServer, octets: Uint8Array, lengths: readonly number[]): void {
  let from = 0;
  for (let turn = 0; from < octets.length; turn++) {
    const length = lengths[turn % lengths.length] ?? 1;
    fake.receive(octets.subarray(from, from + length));
    from += length;
  }
}

/** Sentences for humans are cut off: what is left is what a program reads. */
function indicator(expected: string, seen: string | undefined): string {
  const isIndicatorAlone = /^(\+OK|-ERR)( \[[A-Z/-]+\])?$/.test(expected);
  return isIndicatorAlone && seen?.startsWith(`${expected} `) ? expected : (seen ?? "<nothing>");
}

const textOf = (lines: readonly string[]): Uint8Array => octetsOf(lines.map((each) => `${each}\r\n`).join(""));
const linesOf = (sights: readonly Sight[]): string[] =>
  sights.flatMap((sight) => ("line" in sight ? [sight.line] : []));

describe("a session", () => {
  test("RFC 1939 §5: says what a naive model says, for any commands in any chunks", () => {
    fc.assert(
      fc.property(messages, conversation, cuts, (held, lines, lengths) => {
        const fake = server(held);
        feed(fake, textOf(lines), lengths);
        const seen = linesOf(fake.sights());
        const model = new NaiveModel(held, "a  b ");
        const expected = lines.flatMap((each) => model.say(each));
        assert.deepEqual(
          seen.map((each, index) => indicator(expected[index] ?? "<nothing>", each)),
          expected,
        );
        const update = fake.effects.find((effect) => effect.type === "update-maildrop");
        assert.deepEqual(update?.type === "update-maildrop" ? [...update.deleted] : undefined, model.removed);
      }),
      { numRuns: 600 },
    );
  });

  test("RFC 2449 §6.6: any chunks of the same octets lead to the same lines and effects, also when bursts have to wait", () => {
    const octets = fc.array(
      fc.oneof(command, fc.constantFrom("AUTH PLAIN", "*", "AGEAYg==", "LANG es", "CAPA", "\0", "x".repeat(600))),
    );
    const policy = withLimits({ burstOctets: 200, transactionLineOctets: 100, badCommandsBeforeLogin: 9 });
    fc.assert(
      fc.property(messages, login, octets, cuts, (held, first, rest, lengths) => {
        const whole = server(held, policy);
        const cut = server(held, policy);
        const text = textOf([...first, ...rest]);
        whole.receive(text);
        feed(cut, text, lengths);
        assert.deepEqual(cut.sights(), whole.sights());
        assert.equal(cut.session.state, whole.session.state);
      }),
      { numRuns: 400 },
    );
  });

  const happening: fc.Arbitrary<Input["type"]> = fc.constantFrom(
    "end-of-stream",
    "connection-lost",
    "autologout",
    "kicked",
    "shutdown",
    "maildrop-lost",
  );
  const outcome = fc.constantFrom(
    "authenticate",
    "open-maildrop",
    "message-opened",
    "message-sent",
    "update-maildrop",
    "start-tls",
    "await-drain",
  );

  test("RFC 1939 §3: survives any octets, ends in one close, releases what it opened, and removes only after QUIT", () => {
    const wild = fc.oneof(
      fc.uint8Array({ maxLength: 40 }),
      conversation.map(textOf),
      fc
        .string({
          unit: fc.constantFrom(
            "USER ",
            "PASS ",
            "AUTH ",
            "PLAIN",
            "\r\n",
            "\n",
            "=",
            "AAAA",
            "*",
            "LIST",
            " 1",
            "\0",
            "QUIT",
          ),
        })
        .map(latin1),
    );
    const act = fc.oneof(wild, happening, outcome, fc.constant("go" as const));
    fc.assert(
      fc.property(messages, fc.array(act, { maxLength: 12 }), (held, acts) => {
        const fake = server(held, withLimits({ failedLogins: 2 }));
        fake.challenges.push("", "abc");
        for (const each of acts) perform(fake, each);
        fake.go();
        fake.tell({ type: "connection-lost" });
        assertWellEnded(fake);
      }),
      { numRuns: 1500 },
    );
  });
});

function perform(fake: FakeServer, act: Uint8Array | string): void {
  if (typeof act !== "string") {
    if (fake.session.acceptsOctets) fake.receive(act);
  } else if (act === "go") fake.go();
  else if (["end-of-stream", "connection-lost", "autologout", "kicked", "shutdown", "maildrop-lost"].includes(act))
    fake.tell({ type: act } as Input);
  else fake.held.add(act);
}

function assertWellEnded(fake: FakeServer): void {
  const types = fake.effects.map((effect) => effect.type);
  assert.equal(fake.session.state, "CLOSED");
  assert.equal(fake.session.awaiting, undefined);
  assert.equal(types.filter((type) => type === "close").length, 1);
  assert.equal(types.at(-1), "close");
  const ends = types.filter((type) => type === "release-maildrop" || type === "update-maildrop");
  const isLost = types.includes("update-maildrop") && types.includes("release-maildrop");
  assert.ok(!isLost || fake.effects.some((effect) => effect.type === "close" && effect.reason === "maildrop-lost"));
  assert.equal(ends.length, types.includes("open-maildrop") ? (isLost ? 2 : 1) : 0);
  for (const effect of fake.effects) {
    if (effect.type !== "send") continue;
    assert.ok(effect.octets.length > 0, "no empty send");
  }
}
