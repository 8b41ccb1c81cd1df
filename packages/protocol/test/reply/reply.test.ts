import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { STATUS_LINE_OCTETS } from "#protocol/limits";
import { encodeStatusLine, err, ok } from "#protocol/reply/reply";
import { type Language, WORDINGS } from "#protocol/reply/wording";
import * as replies from "#protocol/session/outcome-replies";

const LANGUAGES: readonly Language[] = ["en", "es"];
const text = (octets: Uint8Array): string => Buffer.from(octets).toString("utf8");

describe("replies", () => {
  test("RFC 2449 §4: a status line has at most 512 octets, in its encoding", () => {
    assert.equal(encodeStatusLine("x".repeat(510)).length, STATUS_LINE_OCTETS);
    assert.throws(() => encodeStatusLine("x".repeat(511)), RangeError);
    assert.equal(encodeStatusLine("é".repeat(255)).length, STATUS_LINE_OCTETS);
    assert.throws(() => encodeStatusLine("é".repeat(256)), RangeError);
  });

  test("RFC 1939 §3: status indicators are +OK and -ERR in capitals, and a response code stands in brackets", () => {
    assert.equal(text(ok("done").statusLine.en), "+OK done\r\n");
    assert.equal(text(err("inUse", "IN-USE").statusLine.en), "-ERR [IN-USE] maildrop locked by another session\r\n");
    assert.equal(text(err("unknownCommand").statusLine.es), "-ERR orden desconocida\r\n");
  });

  for (const language of LANGUAGES) {
    const wording = WORDINGS[language];
    const sentences = [
      ...Object.values(wording).filter((value) => typeof value === "string"),
      wording.maildropOpened(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
      wording.messageFollows(Number.MAX_SAFE_INTEGER),
      wording.notRemoved(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER),
    ];

    test(`RFC 2449 §8: no sentence (${language}) reads as a response code, breaks a line, or holds what looks like an APOP stamp`, () => {
      for (const sentence of sentences) {
        assert.match(sentence, /^[^[<>\r\n][^<>\r\n]*$/);
        assert.ok(Buffer.byteLength(sentence) < 200);
      }
    });

    test(`a maildrop in use says "lock", a delay says "wait", and no trouble says "password" (${language})`, () => {
      const { "in-use": inUse, "too-many": tooMany, "login-delay": delay } = replies.MAILDROP_REFUSALS;
      for (const reply of [inUse, tooMany]) assert.match(text(reply.statusLine[language]), /^-ERR \[IN-USE\] .*lock/);
      for (const reply of [delay, replies.LOGIN_REFUSALS.delayed]) {
        assert.match(text(reply.statusLine[language]), /^-ERR \[LOGIN-DELAY\] .*wait/);
      }
      const troubles = [
        ...Object.values(replies.MAILDROP_REFUSALS),
        replies.LOGIN_REFUSALS.unavailable,
        replies.LOGIN_REFUSALS.misconfigured,
      ];
      for (const reply of [...troubles, replies.SHUTTING_DOWN, replies.MAILDROP_LOST]) {
        assert.doesNotMatch(text(reply.statusLine[language]), /password|contraseña|AUTH\]/i);
      }
    });
  }

  test("RFC 6856 §3: the default language is ASCII", () => {
    for (const sentence of Object.values(WORDINGS.en)) {
      if (typeof sentence === "string") assert.match(sentence, /^[ -~]+$/);
    }
  });

  test("no two languages share a sentence by mistake", () => {
    const same = Object.entries(WORDINGS.en).filter(([key, value]) => Reflect.get(WORDINGS.es, key) === value);
    assert.deepEqual(same, []);
  });
});
