// Every key of the configuration: sessions that stand survive its change, and the next one has it, or the log says what it waits for.

import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { CHANGED_SETTINGS, type Scene } from "../support/changed-settings.js";
import { freePort } from "../support/free-port.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { RawClient } from "../support/raw-client.js";

const MANUAL = fileURLToPath(new URL("../../docs/configuration.md", import.meta.url));
const USERS = Object.fromEntries(["alice", "bob", "carol", "dave"].map((user) => [user, `{PLAIN}${PASSWORD}`]));
const LARGE = Buffer.from("a line of a message that is being sent meanwhile\r\n".repeat(300_000));

/** Needs another version than this one, another test, or a restart. */
const ELSEWHERE = new Map([
  ["uidl.format", "there is one value"],
  ["timeouts.autologout", "ten minutes at least: packages/server/test/gateway/reload.test.ts"],
  ["timeouts.drain", "test/e2e/hand-over.test.ts"],
]);

const NEEDS_RESTART: Readonly<Record<string, string | number | Readonly<Record<string, string | number>>>> = {
  spool: { maildir: "", io: "async" },
  lock: { wait: "9s", stale: "9s", directory: "locks" },
  canary: { directory: "canary" },
  limits: { failures_before_delay: 9 },
  user: "nobody",
  group: "nogroup",
  workers: 2,
  log: { level: "info", format: "text", file: "postigo.log" },
  metrics: { address: "127.0.0.2", port: 0 },
  control: { socket: "control.sock" },
};

const restartKeys = Object.entries(NEEDS_RESTART)
  .flatMap(([section, value]) =>
    typeof value === "object" ? Object.keys(value).map((key) => `${section}.${key}`) : section,
  )
  .filter((key) => key !== "spool.maildir");

async function scene(t: TestContext, before: (port: number) => object = () => ({})): Promise<Scene> {
  const port = await freePort();
  const gateway = await GatewayProcess.start(t, { users: USERS, configuration: { ...before(port) } });
  await gateway.event("gateway-started");
  gateway.maildir("alice").fillWithNumbered(3);
  gateway.maildir("bob").add({ what: "large", octets: LARGE });
  return { gateway, port, carol: gateway.maildir("carol").fillWithNumbered(20) };
}

/** One session in TRANSACTION and one half way through a RETR; resolves with what ends both and says that they were whole. */
async function standing({ gateway }: Scene): Promise<() => Promise<void>> {
  const alice = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  await alice.ok("DELE 1");
  const bob = await RawClient.login(gateway.ports.none, "bob", PASSWORD);
  const begun = once(bob.socket, "data");
  await bob.write("RETR 1\r\n");
  await begun;
  bob.socket.pause();
  return async () => {
    assert.match((await alice.ok("STAT")).text, /^2 /);
    assert.ok((await alice.quit()).ok);
    assert.equal(gateway.maildir("alice").count, 2);
    bob.socket.resume();
    assert.ok((await bob.multiLineReply("RETR")).body.equals(LARGE), "the message is whole");
    assert.ok((await bob.quit()).ok);
  };
}

/** By the file's change, and once more by the signal. */
async function reload(gateway: GatewayProcess, after: object): Promise<void> {
  const from = gateway.events.length;
  gateway.writeConfiguration({ ...after });
  await gateway.event("reloaded", undefined, from);
  const next = gateway.events.length;
  gateway.signal("SIGHUP");
  await gateway.event("reloaded", undefined, next);
}

for (const { keys, before, after, prepare, holds, isSlowBefore } of CHANGED_SETTINGS) {
  test(`a changed ${keys.join(", ")} drops no session, and holds for the next one`, async (t) => {
    const made = await scene(t, before);
    const { gateway } = made;
    await prepare?.(made);
    const whole = await standing(made);
    if (!isSlowBefore) assert.equal(await holds(made), false, "before the change");
    await reload(gateway, after(made));
    assert.equal(await holds(made), true, "after it");
    await whole();
    assert.deepEqual(
      gateway.events.filter(({ event }) => event === "restart-needed" || event === "reload-failed"),
      [],
    );
  });
}

test("a key that waits for a restart drops no session, and the log names each with file, line and column, once", async (t) => {
  const made = await scene(t);
  const { gateway } = made;
  const whole = await standing(made);
  await reload(gateway, { ...NEEDS_RESTART, spool: { maildir: `${gateway.spool}/%{user}`, io: "async" } });
  const text = readFileSync(gateway.configurationFile, "utf8");
  const told = gateway.events.filter(({ event }) => event === "restart-needed");
  assert.deepEqual(told.map(({ key }) => key).sort(), [...restartKeys].sort());
  for (const { key, where } of told) {
    const place = /^(.*):(\d+):(\d+)$/.exec(String(where));
    assert.equal(place?.[1], gateway.configurationFile);
    const line = text.split("\n")[Number(place?.[2]) - 1] ?? "";
    assert.ok(
      line.slice(Number(place?.[3]) - 1).startsWith(`"${String(key).split(".").at(-1)}"`),
      `${key} at ${where}`,
    );
  }
  await (await RawClient.login(gateway.ports.none, "carol", PASSWORD)).quit();
  await whole();
});

test("every key of docs/configuration.md is changed by a test", () => {
  const manual = readFileSync(MANUAL, "utf8");
  const table = /\n## Keys\n\n([\s\S]*?)\n\n/.exec(manual)?.[1] ?? "";
  const documented = table
    .split("\n")
    .slice(2)
    .flatMap((row) => [...(row.split("|")[1] ?? "").matchAll(/`([^`]+)`/g)].map(([, key]) => key ?? ""));
  const changed = CHANGED_SETTINGS.flatMap(({ keys }) => keys);
  const known = new Set([...changed, ...restartKeys, ...ELSEWHERE.keys(), "metrics"]);
  assert.deepEqual(
    documented.filter((key) => !known.has(key)),
    [],
  );
  assert.ok(documented.length > 40, "the table was found");
});
