import assert from "node:assert/strict";
import { test } from "node:test";
import { inheritedSockets } from "#server/lifecycle/inherited-sockets";

const ALONE = { pid: 12, poolPid: undefined };
const WORKER = { pid: 34, poolPid: 12 };

for (const { what, env, facts, expected } of [
  { what: "nothing was handed over", env: {}, facts: ALONE, expected: [] },
  {
    what: "two, with names",
    env: { LISTEN_PID: "12", LISTEN_FDS: "2", LISTEN_FDNAMES: "pop3:pop3s" },
    facts: ALONE,
    expected: [
      { fd: 3, name: "pop3" },
      { fd: 4, name: "pop3s" },
    ],
  },
  {
    what: "one without a name",
    env: { LISTEN_PID: "12", LISTEN_FDS: "1" },
    facts: ALONE,
    expected: [{ fd: 3, name: undefined }],
  },
  {
    what: "fewer names than sockets",
    env: { LISTEN_PID: "12", LISTEN_FDS: "2", LISTEN_FDNAMES: ":" },
    facts: ALONE,
    expected: [
      { fd: 3, name: undefined },
      { fd: 4, name: undefined },
    ],
  },
  {
    what: "a worker has those of the first process",
    env: { LISTEN_PID: "12", LISTEN_FDS: "1" },
    facts: WORKER,
    expected: [{ fd: 3, name: undefined }],
  },
  { what: "meant for another process", env: { LISTEN_PID: "11", LISTEN_FDS: "1" }, facts: ALONE, expected: [] },
  { what: "a pid called undefined", env: { LISTEN_PID: "undefined", LISTEN_FDS: "0" }, facts: ALONE, expected: [] },
  { what: "no number", env: { LISTEN_PID: "12", LISTEN_FDS: "-1" }, facts: ALONE, expected: [] },
  { what: "too many to be true", env: { LISTEN_PID: "12", LISTEN_FDS: "99999999" }, facts: ALONE, expected: [] },
  { what: "no count", env: { LISTEN_PID: "12" }, facts: ALONE, expected: [] },
]) {
  test(`sd_listen_fds: ${what}`, () => assert.deepEqual(inheritedSockets(env, facts), expected));
}
