import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Secret } from "@postigo/protocol";
import { createEventLog } from "#server/log/create-event-log";
import { BOUNDED_EVENTS, EVENT_LEVELS, type EventFields, type FieldValue } from "#server/log/events";
import { HandClock } from "./hand-clock.js";
import { temporaryFolder } from "./temporary-folder.js";

const setUp = (
  t: TestContext,
  settings: { level?: "error" | "warn" | "info" | "debug"; format?: "text" | "json" } = {},
) => {
  const file = join(temporaryFolder(t), "log");
  const clock = new HandClock();
  const log = createEventLog({ level: "info", format: "text", ...settings, file }, clock);
  const lines = async (): Promise<readonly string[]> => {
    await log.close();
    return readFileSync(file, "utf8").split("\n").slice(0, -1);
  };
  return { log, clock, lines };
};

const FAILED: EventFields["login-failed"] = {
  session: "k3",
  peer: "192.0.2.7",
  user: "ana",
  mechanism: "PLAIN",
  why: "wrong-credentials",
  tls: true,
};
const OPENED: EventFields["session-opened"] = { session: "s", peer: "192.0.2.7", port: 1, local: "l", tls: false };
const CLOSED: EventFields["session-closed"] = {
  session: "s",
  user: undefined,
  reason: "quit",
  ms: 1,
  retrieved: 0,
  top: 0,
  deleted: 0,
  octetsIn: 0,
  octetsOut: 0,
};

test("the fixed line keeps its order whatever the order of the caller", async (t) => {
  const { log, lines } = setUp(t);
  const { tls, user, ...rest } = FAILED;
  log.event("login-failed", { tls, user, ...rest });
  assert.deepEqual(await lines(), [
    "2026-11-22T00:00:00.000Z WARN login-failed session=k3 peer=192.0.2.7 user=ana mechanism=PLAIN why=wrong-credentials tls=true",
  ]);
});

/** The filter that operators copy; fail2ban cuts the time off before it looks, and puts an address in for <ADDR>. */
const filter = (): RegExp => {
  const page = readFileSync(new URL("../../../../docs/operations.md", import.meta.url), "utf8");
  const [, failregex = ""] = /^failregex = (.*)$/m.exec(page) ?? [];
  return new RegExp(failregex.replace("<ADDR>", "(?<host>[0-9.]+|[0-9a-fA-F:.]+)"));
};

for (const [peer, user] of [
  ["192.0.2.7", "ana"],
  ["2001:db8::7", "ana@example.org"],
  ["192.0.2.7", undefined],
  ["192.0.2.7", "x peer=10.0.0.1"],
  ["192.0.2.7", "x\n2026-11-22T08:00:00.000Z WARN login-failed session=k peer=10.0.0.1 user=x"],
  ["192.0.2.7", '" mechanism=x why=y tls=z'],
] as const) {
  test(`the filter for intrusions finds ${peer} and nobody else behind the user ${JSON.stringify(user)}`, async (t) => {
    const { log, lines } = setUp(t);
    log.event("login-failed", { ...FAILED, peer, user });
    const hosts = (await lines()).map((line) => filter().exec(line.replace(/^\S+/, ""))?.groups?.["host"]);
    assert.deepEqual(hosts, [peer]);
  });
}

test("a level lets itself and what is worse through", async (t) => {
  for (const [level, count] of [
    ["error", 1],
    ["warn", 2],
    ["info", 3],
    ["debug", 4],
  ] as const) {
    const { log, lines } = setUp(t, { level });
    log.event("session-opened", OPENED);
    log.event("session-closed", CLOSED);
    log.event("login-failed", FAILED);
    log.event("reload-failed", { error: "x" });
    assert.equal((await lines()).length, count, level);
  }
});

test("JSON has one object a line, with the same names", async (t) => {
  const { log, lines } = setUp(t, { format: "json" });
  log.event("login-failed", { ...FAILED, user: undefined });
  const [line = ""] = await lines();
  const { user: _, ...rest } = FAILED;
  assert.deepEqual(JSON.parse(line), {
    time: "2026-11-22T00:00:00.000Z",
    level: "warn",
    event: "login-failed",
    ...rest,
  });
});

test("a flood of connections is bounded and told; each failed login and each removed message has its line", async (t) => {
  const { log, clock, lines } = setUp(t, { level: "debug" });
  for (let round = 0; round < 1200; round++) {
    log.event("session-opened", OPENED);
    log.event("session-closed", CLOSED);
    log.event("session-closed", { ...CLOSED, user: "ana" });
    log.event("login-failed", FAILED);
    log.event("message-removed", {
      session: "s",
      user: "ana",
      uid: "u",
      file: "f",
      octets: 1,
      how: "unlinked",
      why: "",
    });
  }
  clock.pass(1000);
  const written = await lines();
  const count = (part: string): number => written.filter((line) => line.includes(part)).length;
  assert.equal(count(" session-opened "), 1000);
  assert.equal(count(" session-closed session=s user=- "), 1000);
  assert.equal(count(" session-closed session=s user=ana "), 1200);
  assert.equal(count(" login-failed "), 1200);
  assert.equal(count(" message-removed "), 1200);
  assert.equal(count("lines-suppressed of=session-opened lines=200"), 1);
  assert.equal(count("lines-suppressed of=session-closed lines=200"), 1);
});

test("what must have its line each time is not bounded", () => {
  for (const event of ["login", "login-failed", "message-removed", "message-not-removed"] as const) {
    assert.equal(BOUNDED_EVENTS.has(event), false);
  }
});

test("no event has a field that would hide the time, the level or the event itself", () => {
  const reserved: Extract<FieldNames, "time" | "level" | "event"> extends never ? true : false = true;
  assert.ok(reserved);
  assert.ok(Object.keys(EVENT_LEVELS).every((name) => /^[a-z]+(-[a-z]+)*$/.test(name)));
});

test("a secret is no field value, and would not be printed if it were", async (t) => {
  const secret = new Secret(Buffer.from("sekrit"));
  // @ts-expect-error: the type has no place for it
  const value: FieldValue = secret;
  const { log, lines } = setUp(t);
  log.event("login-failed", { ...FAILED, user: value as string });
  assert.doesNotMatch((await lines()).join(), /sekrit/);
});

test("closing tells what a flood has left out, and loses nothing", async (t) => {
  const { log, lines } = setUp(t, { level: "debug" });
  for (let round = 0; round < 1001; round++) log.event("session-opened", OPENED);
  const written = await lines();
  assert.equal(written.length, 1001);
  assert.match(written[1000] ?? "", /WARN lines-suppressed of=session-opened lines=1$/);
});

test("what happens after closing is dropped, and closing twice is closing", async (t) => {
  const { log, clock, lines } = setUp(t, { level: "debug" });
  log.event("session-opened", OPENED);
  await log.close();
  log.event("login-failed", FAILED);
  clock.pass(1000);
  assert.equal((await lines()).length, 1);
});

type FieldNames = { [N in keyof EventFields]: keyof EventFields[N] }[keyof EventFields];
