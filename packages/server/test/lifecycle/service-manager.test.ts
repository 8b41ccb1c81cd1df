import assert from "node:assert/strict";
import { test } from "node:test";
import { openServiceManager } from "#server/lifecycle/service-manager";
import { FakeClock } from "../support/fake-clock.js";
import { RecordingLog } from "../support/recording-log.js";
import { gate, turn, until } from "../support/until.js";

function scene(env: Readonly<Record<string, string>>, send?: () => Promise<void>) {
  const clock = new FakeClock();
  const log = new RecordingLog();
  const heard: string[] = [];
  const open = async () => ({
    send: async (assignments: readonly string[]) => {
      heard.push(assignments.join(" "));
      await send?.();
    },
  });
  return { clock, log, heard, parts: { env, clock, log, open } };
}

test("without NOTIFY_SOCKET nothing is opened and nothing said", async () => {
  const { parts, heard, clock } = scene({ WATCHDOG_USEC: "1000000" });
  const manager = await openServiceManager(parts);
  manager.ready("serving");
  manager.reloading();
  manager.stopping();
  await turn();
  assert.deepEqual(heard, []);
  assert.equal(clock.pending, 0);
});

test("sd_notify: ready, reloading with its moment, and stopping arrive in their order", async () => {
  const { parts, heard } = scene({ NOTIFY_SOCKET: "/run/x" });
  const manager = await openServiceManager(parts);
  manager.ready("serving");
  manager.reloading();
  manager.ready("serving");
  manager.stopping();
  await until(() => heard.length === 4);
  assert.match(
    heard.join("\n"),
    /^READY=1 STATUS=serving\nRELOADING=1 MONOTONIC_USEC=\d+ STATUS=reloading\nREADY=1 .*\nSTOPPING=1 /,
  );
});

test("the watchdog hears twice in its span, and nothing more while what was said is still under way", async () => {
  const sending = gate<undefined>();
  const { parts, heard, clock } = scene({ NOTIFY_SOCKET: "/run/x", WATCHDOG_USEC: "1000000" }, async () => {
    await sending.promise;
  });
  await openServiceManager(parts);
  clock.advance(499);
  await turn();
  assert.deepEqual(heard, []);
  clock.advance(1);
  await until(() => heard.length === 1);
  clock.advance(2_000);
  await turn();
  assert.deepEqual(heard, ["WATCHDOG=1"]);
});

test("a watchdog of another process is none of ours", async () => {
  const { parts, clock } = scene({ NOTIFY_SOCKET: "/run/x", WATCHDOG_USEC: "1000000", WATCHDOG_PID: "1" });
  await openServiceManager(parts);
  assert.equal(clock.pending, 0);
});

test("another process that has to speak for us is a warning with its reason and a remedy; to speak ourselves is none", async () => {
  const { parts, log } = scene({ NOTIFY_SOCKET: "/run/x" });
  await openServiceManager(parts);
  assert.deepEqual(log.of("notify-by-program"), []);
  await openServiceManager({ ...parts, open: async () => ({ send: async () => {}, detour: "no koffi here" }) });
  const [told] = log.of("notify-by-program");
  assert.equal(told?.["why"], "no koffi here");
  assert.match(String(told?.["remedy"]), /NotifyAccess=all/);
});

test("a manager that cannot be told is an event of the log, no failure", async () => {
  const { parts, log } = scene({ NOTIFY_SOCKET: "/run/x" }, async () => {
    throw new Error("nobody there");
  });
  (await openServiceManager(parts)).ready("serving");
  await until(() => log.of("notify-failed").length === 1);
  const none = await openServiceManager({ ...parts, open: async () => Promise.reject(new Error("no channel")) });
  none.stopping();
  assert.equal(log.of("notify-failed").length, 2);
});
