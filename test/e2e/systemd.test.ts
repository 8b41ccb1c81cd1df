// Socket activation, sd_notify and the unit files, with systemd's own programs; systemd itself need not be running.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, utimesSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { cleanUp } from "../support/clean-up.js";
import { until, within } from "../support/eventually.js";
import { freePort } from "../support/free-port.js";
import { GatewayProcess, PASSWORD, POSTIGO } from "../support/gateway-process.js";
import { numberedMessage } from "../support/maildir-fixture.js";
import { RawClient } from "../support/raw-client.js";
import { needs, run } from "../support/real-client.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const ACTIVATE = needs("systemd-socket-activate", "systemd");

/** What a manager would do, as far as one socket goes: each line on standard input starts the service on it once more. */
const KEEPER = `while read -r _; do sh -c 'LISTEN_PID=$$ exec "$0" "$@"' "$@" & echo "pid $!"; wait $!; echo "ended $?"; done`;

const startedLines = (lines: readonly string[]): string[] => lines.filter((line) => line.includes('"gateway-started"'));

interface Activated {
  readonly port: number;
  readonly lines: readonly string[];
  /** The pid of the service, once it serves. */
  startService(): Promise<number>;
  stopService(pid: number): Promise<void>;
}

/** `port` is bound by systemd-socket-activate and kept by a shell, over all services that come and go. */
async function activated(
  t: TestContext,
  changes: Readonly<Record<string, unknown>> = {},
  others: readonly string[] = [],
): Promise<Activated> {
  const gateway = await GatewayProcess.start(t);
  gateway.maildir().fillWithNumbered(3);
  await gateway.stop();
  const port = await freePort();
  gateway.writeConfiguration({ listen: [{ address: "127.0.0.1", port, tls: "none" }], ...changes });
  const sockets = [`127.0.0.1:${port}`, ...others].flatMap((address) => ["-l", address]);
  const service = [process.execPath, POSTIGO, "serve", "--config", gateway.configurationFile];
  const child = spawn("systemd-socket-activate", [...sockets, "sh", "-c", KEEPER, "sh", ...service]);
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) createInterface(stream).on("line", (line) => lines.push(line));
  cleanUp(t, () => endKeeper(child, lines));
  // The program runs its command once somebody connects.
  await until("the port is bound", () => knock(port));
  const count = (start: string): number => lines.filter((line) => line.startsWith(start)).length;
  return {
    port,
    lines,
    async startService() {
      const before = count("pid ");
      const served = startedLines(lines).length;
      child.stdin.write("\n");
      await until("the service serves", () => startedLines(lines).length > served);
      return Number(lines.filter((line) => line.startsWith("pid "))[before]?.slice(4));
    },
    async stopService(pid) {
      const before = count("ended ");
      process.kill(pid, "SIGTERM");
      await until("the service has ended", () => count("ended ") > before);
      assert.equal(lines.filter((line) => line.startsWith("ended ")).at(-1), "ended 0");
    },
  };
}

async function endKeeper(child: ChildProcess, lines: readonly string[]): Promise<void> {
  child.stdin?.end();
  for (const line of lines.filter((text) => text.startsWith("pid "))) endQuietly(Number(line.slice(4)));
  if (child.exitCode === null && child.signalCode === null) await within("the keeper's end", once(child, "exit"));
}

function endQuietly(pid: number): void {
  try {
    process.kill(pid, "SIGTERM");
  } catch {
    // it has ended already
  }
}

async function knock(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  const isOpen = await new Promise<boolean>((resolve) => {
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
  });
  socket.destroy();
  return isOpen;
}

for (const workers of [1, 2]) {
  test(
    `connections that come while the service restarts wait and are served (workers: ${workers})`,
    ACTIVATE,
    async (t) => {
      const system = await activated(t, { workers });
      const first = await system.startService();
      await (await RawClient.login(system.port, "alice", PASSWORD)).quit();
      await system.stopService(first);
      const early = await Promise.all(Array.from({ length: 20 }, () => RawClient.connectSilently(system.port)));
      const second = await system.startService();
      for (const client of early) assert.ok((await client.reply()).ok);
      await early[0]?.login("alice", PASSWORD);
      for (const client of early) await client.quit();
      assert.ok(system.lines.some((line) => line.includes('"listening"') && line.includes('"inherited":true')));
      await system.stopService(second);
    },
  );
}

test("all workers of a pool may die: the socket stays, and their successors serve it", ACTIVATE, async (t) => {
  const system = await activated(t, { workers: 2 });
  const first = await system.startService();
  const started = (): string[] => startedLines(system.lines);
  await until("both serve", () => started().length === 2);
  for (const line of started()) process.kill(Number(JSON.parse(line).pid), "SIGKILL");
  const waiting = await RawClient.connectSilently(system.port);
  assert.ok((await waiting.reply()).ok);
  await waiting.quit();
  await system.stopService(first);
});

test("a socket that no listener of the configuration has is closed, and the log names it", ACTIVATE, async (t) => {
  const stray = await freePort();
  const system = await activated(t, {}, [`127.0.0.1:${stray}`]);
  const pid = await system.startService();
  const line = system.lines.find((text) => text.includes('"inherited-socket-unused"')) ?? "{}";
  assert.equal(JSON.parse(line).port, stray);
  await (await RawClient.login(system.port, "alice", PASSWORD)).quit();
  await system.stopService(pid);
});

/** The manager's end: closes the descriptor that systemd-notify sends along and waits for (BARRIER=1), as systemd does. */
const EAR = `
import socket, sys
ear = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
ear.bind(sys.argv[1])
print("ready", flush=True)
while True: print(ear.recv(65536).decode(), flush=True)
`;

interface Ear {
  readonly socket: string;
  heard(): string;
  forget(): void;
}

async function listenToNews(t: TestContext): Promise<Ear> {
  const socket = join(temporaryDirectory(t), "notify");
  const listener = spawn("python3", ["-c", EAR, socket]);
  cleanUp(t, () => void listener.kill("SIGKILL"));
  let heard = "";
  listener.stdout.on("data", (chunk: Buffer) => {
    heard += chunk.toString();
  });
  await until("the notify socket", () => heard.startsWith("ready"));
  return {
    socket,
    heard: () => heard,
    forget: () => {
      heard = "";
    },
  };
}

for (const { how, unlike, why } of [
  { how: "libsystemd", why: [], unlike: {} },
  {
    how: "the program systemd-notify",
    why: ["absent"],
    unlike: {
      NODE_OPTIONS:
        "--import=data:text/javascript,import{register}from'node:module';register('data:text/javascript,export%20async%20function%20resolve(s,c,n){if(s===%22koffi%22)throw%20new%20Error(%22absent%22);return%20n(s,c)}')",
    },
  },
]) {
  test(
    `a service manager hears by ${how} when Postigo serves, reloads, lives and stops`,
    needs("python3"),
    async (t) => {
      const ear = await listenToNews(t);
      const watched = ["env", `NOTIFY_SOCKET=${ear.socket}`, "WATCHDOG_USEC=200000"];
      for (const [name, value] of Object.entries(unlike)) watched.push(`${name}=${value}`);
      const gateway = await GatewayProcess.start(t, { through: [...watched, "sh", "-c", '"$@"; exit $?', "sh"] });
      await until("READY=1", () => /^READY=1$/m.test(ear.heard()));
      await until("WATCHDOG=1", () => /^WATCHDOG=1$/m.test(ear.heard()));
      ear.forget();
      gateway.signal("SIGHUP");
      await until("the reload's end", () => /^RELOADING=1\nMONOTONIC_USEC=\d+\n[\s\S]*^READY=1$/m.test(ear.heard()));
      gateway.signal("SIGTERM");
      assert.equal(await gateway.ended(), 0);
      await until("STOPPING=1", () => /^STOPPING=1$/m.test(ear.heard()));
      assert.equal(
        gateway.events.some(({ event }) => event === "notify-failed"),
        false,
      );
      const detours = gateway.events.filter(({ event }) => event === "notify-by-program");
      assert.deepEqual(
        detours.map((detour) => detour["why"]),
        why,
      );
    },
  );
}

test("the first process of a pool tells the manager once all workers serve", needs("python3"), async (t) => {
  const ear = await listenToNews(t);
  const gateway = await GatewayProcess.start(t, {
    configuration: { workers: 2 },
    through: ["env", `NOTIFY_SOCKET=${ear.socket}`, "sh", "-c", '"$@"; exit $?', "sh"],
  });
  await until("READY=1", () => /^READY=1\nSTATUS=serving with 2 workers$/m.test(ear.heard()));
  // The log comes by a way of its own, later perhaps than the news.
  await gateway.eventsNamed("gateway-started", 2);
  ear.forget();
  gateway.signal("SIGHUP");
  await until("the reload's end", () => /^RELOADING=1\n[\s\S]*^READY=1$/m.test(ear.heard()));
  gateway.signal("SIGTERM");
  assert.equal(await gateway.ended(), 0);
  assert.equal(ear.heard().match(/^STOPPING=1$/gm)?.length, 1);
});

const UNITS = ["postigo.service", "postigo.socket", "postigo-expire.service", "postigo-expire.timer"];

test("the nightly sweep ends old mail of all who are not logged in, and is no failure for the others", async (t) => {
  const users = { alice: `{PLAIN}${PASSWORD}`, ben: `{PLAIN}${PASSWORD}` };
  const configuration = { maildrop: { expire: "30d" }, lock: { wait: "0s" } };
  const gateway = await GatewayProcess.start(t, { users, configuration });
  const maildirs = ["alice", "ben"].map((user) => gateway.maildir(user).fillWithNumbered(1));
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  const name = `${Math.floor(Date.now() / 1000) - 365 * 86_400}.M1P1.host`;
  for (const maildir of maildirs) {
    maildir.add({ what: "", octets: numberedMessage(2), name });
    // Its file has to be as old as its name.
    utimesSync(join(maildir.path, "new", name), 0, 0);
  }
  const unit = readFileSync(join(ROOT, "deploy/systemd/postigo-expire.service"), "utf8");
  const [, words = ""] = /^ExecStart=\/usr\/bin\/postigo (.*)$/m.exec(unit) ?? [];
  const { status, stdout, stderr } = await gateway.command(...words.split(" "));
  assert.equal(`${status}`, /^SuccessExitStatus=(\d+)$/m.exec(unit)?.[1], stderr);
  assert.match(stdout.toString(), /^ben +1 +0 +0$/m);
  assert.match(stderr, /alice is locked by process \d+/);
  assert.deepEqual([gateway.maildir("alice").count, gateway.maildir("ben").count], [2, 1]);
  await client.quit();
  assert.equal((await gateway.command(...words.split(" "))).status, 0);
  assert.equal(gateway.maildir("alice").count, 1);
});

test(
  "systemd finds nothing to say against the units, and the exposure is what the manual says",
  needs("systemd-analyze", "systemd"),
  async () => {
    const units = UNITS.map((name) => join(ROOT, "deploy/systemd", name));
    const { stderr } = await run("systemd-analyze", ["verify", ...units]);
    // The package, which brings the program, need not be installed here.
    assert.match(
      stderr,
      /^(postigo(-expire)?\.service: Command \/usr\/bin\/postigo is not executable: No such file or directory\n)*$/,
    );
    const { stdout } = await run("systemd-analyze", ["security", "--offline=true", "--no-pager", ...units.slice(0, 1)]);
    const exposure = /Overall exposure level for postigo\.service: (\d\.\d)/.exec(stdout.toString())?.[1];
    const manual = readFileSync(join(ROOT, "docs/operations.md"), "utf8");
    assert.ok(exposure !== undefined && Number(exposure) <= 2, `exposure ${exposure}`);
    assert.ok(manual.includes(`an exposure of ${exposure} `), `the manual should say ${exposure}`);
  },
);
