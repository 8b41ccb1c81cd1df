import assert from "node:assert/strict";
import { test } from "node:test";
import { renderSessions, sessionRows } from "#server/cli/session-rows";
import type { SessionFacts } from "#server/net/session-facts";

const SESSION: SessionFacts = {
  session: "a-1",
  user: "ana",
  address: "::1",
  listener: "[::]:995",
  tls: true,
  state: "TRANSACTION",
  since: Date.UTC(2026, 0, 2, 3, 4, 5, 678),
  idleMs: 61_500,
  octetsIn: 3,
  octetsOut: 4,
};

test("a pipe gets eight words a line, none of them ever empty", () => {
  const [head = "", line = ""] = renderSessions([{ ...SESSION, user: undefined }], { outIsTerminal: false }).split(
    "\n",
  );
  assert.equal(head.trim().split(/ +/).length, 8);
  const words = ["a-1", "-", "::1", "2026-01-02T03:04:05Z", "61s", "TRANSACTION", "yes", "4"];
  assert.deepEqual(line.trim().split(/ +/), words);
});

test("the name of a user cannot steer the terminal", () => {
  const table = renderSessions([{ ...SESSION, user: "a\u001b[2J\nb" }], { outIsTerminal: true });
  assert.match(table, /┌.*┐/);
  assert.match(table, /a\?\[2J\?b/);
});

test("a program gets times in ISO 8601, spans in seconds, and null for a session without a user", () => {
  assert.deepEqual(sessionRows([{ ...SESSION, user: undefined }]), [
    {
      session: "a-1",
      user: null,
      address: "::1",
      listener: "[::]:995",
      tls: true,
      state: "TRANSACTION",
      since: "2026-01-02T03:04:05.678Z",
      idle: 61.5,
      octetsIn: 3,
      octetsOut: 4,
    },
  ]);
});
