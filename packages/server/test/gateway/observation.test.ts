// Metrics and the control socket of a gateway within another program.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { askServer } from "#server/control/control-client";
import { createMemoryMaildrop } from "#server/index";
import { dial } from "../support/pop3-client.js";
import { tempDirectory } from "../support/temp-directory.js";
import { gate, until } from "../support/until.js";
import { scene, spool, started } from "./support.js";

const METRICS = { metrics: { port: 0 } } as const;

async function metricsOf({ log }: Awaited<ReturnType<typeof started>>): Promise<string> {
  const [listening] = log.of("metrics-listening");
  return (await fetch(`http://127.0.0.1:${listening?.port}/metrics`)).text();
}

test("where each table came from is counted: listed anew, then known", async (t) => {
  const { root, users } = spool(tempDirectory(t));
  const gateway = await started(
    t,
    { ...METRICS, spool: { maildir: root }, accounts: [{ type: "users-file", path: users }] },
    { authenticate: undefined, openMaildrop: undefined },
  );
  for (let visit = 0; visit < 2; visit++) {
    const client = await dial(t, gateway.port());
    await client.login();
    await client.ask("QUIT");
  }
  const text = await metricsOf(gateway);
  assert.match(text, /^postigo_maildrop_tables_total\{source="listing"\} [12]$/m);
  assert.match(text, /^postigo_maildrop_open_seconds_count 2$/m);
});

test("a maildrop that is refused is an outcome of the login, and of the lock", async (t) => {
  const gateway = await started(t, { ...METRICS, lock: { wait: "0s" } });
  await (await dial(t, gateway.port())).login();
  await (await dial(t, gateway.port())).login();
  const text = await metricsOf(gateway);
  assert.match(text, /^postigo_logins_total\{mechanism="USER",outcome="maildrop-in-use"\} 1$/m);
  assert.match(text, /^postigo_lock_wait_seconds_count\{outcome="in-use"\} 1$/m);
  assert.match(text, /^postigo_sessions\{state="AUTHORIZATION"\} 1$/m);
});

test("a connection that a limit turns away is counted by its reason", async (t) => {
  const gateway = await started(t, { ...METRICS, limits: { per_address: 1 } });
  await (await dial(t, gateway.port())).line();
  await (await dial(t, gateway.port())).rest();
  assert.match(await metricsOf(gateway), /^postigo_sessions_refused_total\{why="[a-z-]+"\} 1$/m);
});

test("kick ends every session of a user, and says which they were", async (t) => {
  const socket = join(tempDirectory(t), "control.sock");
  const gateway = await started(t, { control: { socket } });
  const client = await dial(t, gateway.port());
  await client.login("ana");
  const { sessions } = await askServer(socket, { command: "kick", target: "ana" });
  assert.deepEqual(
    sessions.map(({ user, state }) => [user, state]),
    [["ana", "TRANSACTION"]],
  );
  assert.equal((await client.rest()).length, 0);
  assert.deepEqual(gateway.log.of("sessions-kicked"), [{ target: "ana", sessions: 1, unfinished: 0 }]);
  assert.deepEqual((await askServer(socket, { command: "kick", target: "ana" })).sessions, []);
});

test("kick says which sessions are not over yet, and so does who, until their maildrops are free", async (t) => {
  const socket = join(tempDirectory(t), "control.sock");
  const closing = gate<void>();
  const openMaildrop = () => ({ ...createMemoryMaildrop([]), close: () => closing.promise });
  const gateway = await started(t, { control: { socket } }, { openMaildrop });
  const client = await dial(t, gateway.port());
  await client.login("ana");
  const kick = async () => {
    const asked = gateway.clock.pending;
    const answer = askServer(socket, { command: "kick", target: "ana" });
    await until(() => gateway.clock.pending > asked);
    gateway.clock.advance(1_500);
    return answer;
  };
  for (const _ of ["the first time", "again"]) {
    const { sessions, unfinished } = await kick();
    assert.deepEqual(
      sessions.map(({ session }) => session),
      unfinished,
    );
    assert.equal(unfinished.length, 1);
  }
  assert.equal((await askServer(socket, { command: "who" })).sessions.length, 1);
  closing.open();
  await client.rest();
  await until(() => gateway.log.of("session-closed").length === 1);
  assert.deepEqual((await askServer(socket, { command: "who" })).sessions, []);
});

test("a start that cannot have its control socket gives back its ports and its metrics", async (t) => {
  const folder = tempDirectory(t);
  const failing = scene(t, { ...METRICS, control: { socket: join(folder, "none", "c.sock") } });
  await assert.rejects(failing.gateway.start(), { code: "ENOENT" });
  assert.deepEqual(failing.gateway.addresses, []);
  const [listening] = failing.log.of("metrics-listening");
  await assert.rejects(fetch(`http://127.0.0.1:${listening?.port}/healthz`));
});

test("stopping takes socket and metrics away", async (t) => {
  const socket = join(tempDirectory(t), "control.sock");
  const { gateway, log } = await started(t, { ...METRICS, control: { socket } });
  await gateway.stop();
  assert.equal(existsSync(socket), false);
  const [listening] = log.of("metrics-listening");
  await assert.rejects(fetch(`http://127.0.0.1:${listening?.port}/healthz`));
});

test("without a meter nothing is counted, and no door is opened", async (t) => {
  const { log } = await started(t);
  assert.deepEqual([log.of("metrics-listening"), log.of("control-listening")], [[], []]);
});
