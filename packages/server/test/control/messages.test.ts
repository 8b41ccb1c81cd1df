import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeError, encodeReport, encodeRequest, parseAnswer, parseRequest } from "#server/control/messages";
import type { SessionFacts } from "#server/net/session-facts";

const SESSION: SessionFacts = {
  session: "a-1",
  user: "ana\n",
  address: "127.0.0.1",
  listener: "127.0.0.1:110",
  tls: true,
  state: "TRANSACTION",
  since: 1_700_000_000_000,
  idleMs: 12,
  octetsIn: 3,
  octetsOut: 4,
};

test("a request comes back as it was, on one line", () => {
  for (const request of [{ command: "who" }, { command: "kick", target: "ana\nben" }] as const) {
    const line = encodeRequest(request);
    assert.equal(line.indexOf("\n"), line.length - 1);
    assert.deepEqual({ ...parseRequest(line), version: 1 }, { ...request, version: 1 });
  }
});

const BAD_REQUESTS = [
  "",
  "who",
  "null",
  "[]",
  "{}",
  '{"version":1}',
  '{"version":2,"command":"who"}',
  '{"command":"who"}',
  '{"version":1,"command":"stop"}',
  '{"version":1,"command":"kick"}',
  '{"version":1,"command":"kick","target":""}',
  '{"version":1,"command":"kick","target":7}',
];

for (const line of BAD_REQUESTS) {
  test(`no request: ${line || "an empty line"}`, () => assert.equal(parseRequest(line), undefined));
}

test("an answer comes back as it was, also with a session that has no user", () => {
  const census = { sessions: [SESSION, { ...SESSION, session: "a-2", user: undefined }], silent: 1 };
  assert.deepEqual(parseAnswer(encodeReport(census)), { ...census, unfinished: [] });
  const report = { ...census, unfinished: ["a-2"] };
  assert.deepEqual(parseAnswer(encodeReport(report)), report);
});

test("an answer that is cut off anywhere is told, never taken for a whole one", () => {
  const text = encodeReport({ sessions: [SESSION, SESSION], silent: 0 });
  for (let length = 0; length < text.length; length++) {
    assert.equal(typeof parseAnswer(text.slice(0, length)), "string", `the first ${length} octets`);
  }
});

test("an error of the server is given as it says it", () => {
  assert.equal(parseAnswer(encodeError("too long")), "too long");
});
