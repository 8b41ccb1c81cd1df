import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { GATHERED_OCTETS } from "#protocol/limits";
import type { Effect } from "#protocol/session/effect";
import type { Input } from "#protocol/session/input";
import { Listing } from "#protocol/session/listing";
import { Session } from "#protocol/session/session";
import type { SessionPolicy } from "#protocol/session/session-policy";
import { octetsOf, textOf } from "../support/octets.js";
import { CLEAR_OPENING, OPEN_POLICY, withLimits } from "../support/policies.js";

const listing = (count: number): Listing =>
  new Listing({ count, octetsAt: () => 1000, uniqueIdAt: (position) => `id-${position}` });

const EMPTY = listing(0);
const chunk = (text: string): Input => ({ type: "octets", chunk: octetsOf(text) });

function opened(held: Listing, policy: SessionPolicy = OPEN_POLICY): Session {
  const session = new Session(policy, CLEAR_OPENING);
  session.start();
  session.handle(chunk("USER mrose\r\nPASS x\r\n"));
  session.handle({ type: "authentication-finished", outcome: "accepted" });
  session.handle({ type: "maildrop-opened", listing: held });
  return session;
}

const sent = (effects: readonly Effect[]): Uint8Array[] =>
  effects.flatMap((effect) => (effect.type === "send" ? [effect.octets] : []));

const said = (effects: readonly Effect[]): string => sent(effects).map(textOf).join("");

describe("whoever hears the commands", () => {
  test("hears each one before it is performed, also what is none, and never a step of a SASL exchange", () => {
    const heard: string[] = [];
    const session = new Session(OPEN_POLICY, { ...CLEAR_OPENING, hearer: { heard: (verb) => heard.push(verb) } });
    session.start();
    session.handle(chunk("CAPA\r\nNONSENSE\r\nSTAT\r\nAUTH PLAIN\r\n"));
    session.handle({ type: "authentication-challenge", challenge: octetsOf("x") });
    session.handle(chunk("QUIT\r\n"));
    assert.deepEqual(heard, ["CAPA", "malformed", "STAT", "AUTH"]);
  });

  test("hears pipelined commands one by one, as their turn comes", () => {
    const heard: string[] = [];
    const session = new Session(OPEN_POLICY, { ...CLEAR_OPENING, hearer: { heard: (verb) => heard.push(verb) } });
    session.start();
    session.handle(chunk("USER mrose\r\nPASS x\r\nSTAT\r\n"));
    assert.deepEqual(heard, ["USER", "PASS"], "STAT waits for the login");
    session.handle({ type: "authentication-finished", outcome: "rejected" });
    assert.deepEqual(heard, ["USER", "PASS", "STAT"]);
  });
});

describe("a session's states", () => {
  test("RFC 1939 §3: it goes from AUTHORIZATION over TRANSACTION to UPDATE, and says what it waits for", () => {
    const session = new Session(OPEN_POLICY, CLEAR_OPENING);
    const seen: string[] = [];
    const look = () => seen.push(`${session.state} ${session.awaiting ?? "-"}`);
    session.start();
    look();
    for (const input of [
      chunk("USER mrose\r\nPASS x\r\n"),
      { type: "authentication-finished", outcome: "accepted" },
      { type: "maildrop-opened", listing: listing(1) },
      chunk("RETR 1\r\nQUIT\r\n"),
      { type: "message-opened", octets: 1000 },
      { type: "message-sent" },
      { type: "maildrop-updated", failed: 0 },
    ] as Input[]) {
      session.handle(input);
      look();
    }
    assert.deepEqual(seen, [
      "AUTHORIZATION -",
      "AUTHORIZATION authenticate",
      "AUTHORIZATION open-maildrop",
      "TRANSACTION -",
      "TRANSACTION send-message",
      "TRANSACTION send-message",
      "UPDATE update-maildrop",
      "CLOSED -",
    ]);
  });

  test("nothing leads anywhere once the session is closed", () => {
    const session = new Session(OPEN_POLICY, CLEAR_OPENING);
    session.start();
    session.handle({ type: "connection-lost" });
    const late: Input[] = [
      chunk("NOOP\r\n"),
      { type: "end-of-stream" },
      { type: "connection-lost" },
      { type: "autologout" },
      { type: "shutdown" },
      { type: "maildrop-lost" },
      { type: "message-sent" },
      { type: "drained" },
      { type: "tls-established" },
      { type: "maildrop-updated", failed: 0 },
      { type: "authentication-finished", outcome: "accepted" },
    ];
    for (const input of late) assert.deepEqual(session.handle(input), [], input.type);
    assert.equal(session.acceptsOctets, true);
  });

  const OUTCOMES: readonly Input[] = [
    { type: "authentication-challenge", challenge: octetsOf("") },
    { type: "authentication-finished", outcome: "accepted" },
    { type: "maildrop-opened", listing: EMPTY },
    { type: "maildrop-refused", reason: "in-use" },
    { type: "message-opened", octets: 1 },
    { type: "message-sent" },
    { type: "message-unavailable", reason: "gone" },
    { type: "maildrop-updated", failed: 0 },
    { type: "tls-established" },
    { type: "drained" },
  ];
  const WAITING: readonly {
    readonly when: string;
    readonly session: () => Session;
    readonly answers: readonly string[];
  }[] = [
    { when: "nothing is awaited", session: () => opened(EMPTY), answers: [] },
    {
      when: "a login is checked",
      session: () => after("USER a\r\nPASS b\r\n"),
      answers: ["authentication-challenge", "authentication-finished"],
    },
    { when: "TLS begins", session: () => after("STLS\r\n"), answers: ["tls-established"] },
    { when: "a maildrop is opened", session: opening, answers: ["maildrop-opened", "maildrop-refused"] },
    { when: "a message is opened", session: () => retrieving([]), answers: ["message-opened", "message-unavailable"] },
    {
      when: "a message is sent",
      session: () => retrieving([{ type: "message-opened", octets: 1 }]),
      answers: ["message-sent"],
    },
    { when: "the maildrop is updated", session: quitting, answers: ["maildrop-updated"] },
    { when: "the client has to read", session: draining, answers: ["drained"] },
  ];
  for (const { when, session, answers } of WAITING) {
    for (const input of OUTCOMES) {
      const isAnswer = answers.includes(input.type);
      test(`while ${when}, ${input.type} is ${isAnswer ? "an answer" : "a fault of the server"}`, () => {
        const waiting = session();
        if (isAnswer) waiting.handle(input);
        else assert.throws(() => waiting.handle(input), TypeError);
      });
    }
  }

  function after(commands: string): Session {
    const session = new Session(OPEN_POLICY, CLEAR_OPENING);
    session.start();
    session.handle(chunk(commands));
    return session;
  }

  function opening(): Session {
    const session = after("USER a\r\nPASS b\r\n");
    session.handle({ type: "authentication-finished", outcome: "accepted" });
    return session;
  }

  function retrieving(inputs: readonly Input[]): Session {
    const session = opened(listing(1));
    session.handle(chunk("RETR 1\r\n"));
    for (const input of inputs) session.handle(input);
    return session;
  }

  function quitting(): Session {
    const session = opened(EMPTY);
    session.handle(chunk("QUIT\r\n"));
    return session;
  }

  function draining(): Session {
    const session = opened(EMPTY, withLimits({ burstOctets: 25 }));
    session.handle(chunk("NOOP\r\n".repeat(4)));
    return session;
  }
});

describe("a burst of commands", () => {
  test("RFC 2449 §6.6: 10,000 pipelined NOOPs are answered with few sends of at most 32 KiB", () => {
    const effects = opened(EMPTY).handle(chunk("NOOP\r\n".repeat(10_000)));
    const pieces = sent(effects);
    assert.equal(said(effects), "+OK done\r\n".repeat(10_000));
    assert.ok(pieces.length <= 4);
    for (const piece of pieces) assert.ok(piece.length <= GATHERED_OCTETS);
  });

  test("one reply alone goes out uncopied, the same octets for every session", () => {
    const [first, second] = [opened(EMPTY), opened(EMPTY)].map((session) => sent(session.handle(chunk("NOOP\r\n")))[0]);
    assert.equal(first, second);
  });

  test("the listing of a big maildrop goes out uncopied, the same octets for every session", () => {
    const big = listing(5000);
    const pieces = sent(opened(big).handle(chunk("NOOP\r\nLIST\r\nUIDL\r\n")));
    assert.ok(pieces.includes(big.scanListing()));
    assert.ok(pieces.includes(big.uniqueIdListing()));
    assert.equal(pieces.length, 4);
  });

  test("a small answer goes out with one send", () => {
    assert.equal(sent(opened(listing(5)).handle(chunk("STAT\r\nLIST\r\nUIDL\r\nCAPA\r\n"))).length, 1);
  });

  test("RFC 2449 §6.6: 1,000 pipelined LISTs of a big maildrop wait for the client to read, and all are answered", () => {
    const big = listing(2000);
    const session = opened(big);
    const whole = `+OK listing follows\r\n${textOf(big.scanListing())}`;
    let effects = session.handle(chunk("LIST\r\n".repeat(1000)));
    let answers = 0;
    for (; session.awaiting === "await-drain"; effects = session.handle({ type: "drained" })) {
      const octets = sent(effects).reduce((sum, piece) => sum + piece.length, 0);
      assert.ok(
        octets <= OPEN_POLICY.limits.burstOctets + whole.length,
        "one step makes no more than a burst and one answer",
      );
      answers += octets;
    }
    answers += sent(effects).reduce((sum, piece) => sum + piece.length, 0);
    assert.equal(answers, 1000 * whole.length);
  });

  test("a burst that ends with much said asks for no drain", () => {
    const session = opened(listing(1000), withLimits({ burstOctets: 100 }));
    session.handle(chunk("LIST\r\n"));
    assert.equal(session.awaiting, undefined);
  });

  test("octets are refused while as many wait as may, and taken again once they are worked through", () => {
    const session = opened(listing(9), withLimits({ pipelineOctets: 100 }));
    session.handle(chunk("RETR 1\r\n"));
    session.handle(chunk("NOOP\r\n".repeat(16)));
    assert.equal(session.acceptsOctets, true);
    session.handle(chunk("NOOP"));
    assert.equal(session.acceptsOctets, false);
    session.handle(chunk("\r\n"));
    session.handle({ type: "message-opened", octets: 1000 });
    assert.equal(said(session.handle({ type: "message-sent" })), "+OK done\r\n".repeat(17));
    assert.equal(session.acceptsOctets, true);
  });

  test("an unfinished line is read on, though it is longer than what may wait", () => {
    const session = opened(EMPTY, withLimits({ pipelineOctets: 10 }));
    session.handle(chunk(`NOOP${" ".repeat(100)}`));
    assert.equal(session.acceptsOctets, true);
    assert.equal(said(session.handle(chunk("\r\n"))), "+OK done\r\n");
  });

  test("octets that come after QUIT or into a TLS handshake are not even kept", () => {
    const session = opened(EMPTY, withLimits({ pipelineOctets: 10 }));
    session.handle(chunk("QUIT\r\n"));
    session.handle(chunk("x".repeat(1000)));
    assert.equal(session.acceptsOctets, true);
    const other = new Session(withLimits({ pipelineOctets: 10 }), CLEAR_OPENING);
    other.handle(chunk(`STLS\r\n${"x".repeat(1000)}`));
    other.handle(chunk("x".repeat(1000)));
    assert.equal(other.acceptsOctets, true);
  });
});

describe("the memory of sessions", () => {
  test("an idle one holds less than 1.5 KB, however much it has been through", () => {
    setFlagsFromString("--expose-gc");
    const collect = runInNewContext("gc");
    const held: Session[] = [];
    const busy = (): Session => {
      const session = opened(EMPTY);
      session.handle(chunk(`${"NOOP\r\n".repeat(100)}STAT\r\n`));
      return session;
    };
    for (let count = 0; count < 200; count++) held.push(busy());
    collect();
    const before = process.memoryUsage();
    for (let count = 0; count < 2000; count++) held.push(busy());
    collect();
    const now = process.memoryUsage();
    const each = (now.heapUsed - before.heapUsed + now.arrayBuffers - before.arrayBuffers) / 2000;
    assert.ok(each < 1500, `${each} octets each`);
    assert.equal(held.length, 2200);
  });
});
