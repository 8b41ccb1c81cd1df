// scripts/start, as somebody types it who has just cloned the repository.

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, readdirSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { cleanUp } from "../support/clean-up.js";
import { until, within } from "../support/eventually.js";
import { freePort } from "../support/free-port.js";
import { RawClient } from "../support/raw-client.js";
import { needs, run } from "../support/real-client.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const START = fileURLToPath(new URL("../../scripts/start", import.meta.url));
const STARTED_MS = 60_000;

class StartCommand {
  readonly directory: string;
  readonly port: number;
  readonly tlsPort: number;
  #child: ChildProcess | undefined;
  output = "";

  private constructor(directory: string, port: number, tlsPort: number) {
    this.directory = directory;
    this.port = port;
    this.tlsPort = tlsPort;
  }

  static async create(t: TestContext): Promise<StartCommand> {
    const command = new StartCommand(join(temporaryDirectory(t), "with a space"), await freePort(), await freePort());
    cleanUp(t, () => void command.#child?.kill("SIGTERM"));
    return command;
  }

  /** From the root directory, not from that of the repository; in a process group of its own, like a job of a shell. */
  async start(): Promise<void> {
    this.output = "";
    const child = spawn(START, this.arguments, { cwd: "/", detached: true, stdio: ["ignore", "pipe", "pipe"] });
    this.#child = child;
    const take = (chunk: Buffer): void => {
      this.output += chunk;
    };
    child.stdout.on("data", take);
    child.stderr.on("data", take);
    await until(
      "the hints",
      () => {
        assert.equal(child.exitCode, null, this.output);
        return this.output.includes("Ctrl-C ends it");
      },
      STARTED_MS,
    );
  }

  get arguments(): string[] {
    return ["--port", `${this.port}`, "--tls-port", `${this.tlsPort}`, "--directory", this.directory];
  }

  /** What a terminal does at Ctrl-C: SIGINT to the whole process group. */
  async interrupt(): Promise<void> {
    const child = this.#child;
    assert.ok(child?.pid);
    process.kill(-child.pid, "SIGINT");
    const [status] = await within("the end after Ctrl-C", once(child, "exit"));
    assert.equal(status, 0, this.output);
  }
}

test(
  "scripts/start serves the demo, ends at Ctrl-C with 0, leaves nothing behind and starts again",
  needs("curl"),
  async (t) => {
    const command = await StartCommand.create(t);
    await command.start();
    const hint = /curl -k -u demo:demo pop3s:\S+/.exec(command.output)?.[0] ?? "";
    const { status, stdout, stderr } = await run("curl", hint.split(" ").slice(1));
    assert.equal(status, 0, stderr);
    assert.match(stdout.toString(), /^Return-Path: <postmaster@example\.test>\r\n/);
    const client = await RawClient.connect(command.port);
    await client.startTls();
    await client.login("demo", "demo");
    const listing = await client.lines("LIST");
    assert.ok(listing.length >= 12, `${listing.length} messages`);
    for (const line of listing) {
      const [number = "", octets] = line.split(" ");
      assert.equal((await client.retrieve(Number(number))).length, Number(octets));
    }
    await client.ok("DELE 1");
    await client.quit();
    await command.interrupt();
    await assert.rejects(RawClient.connect(command.port), /ECONNREFUSED/, "nothing listens any more");
    await command.start();
    const again = await RawClient.login(command.port, "demo", "demo");
    assert.equal((await again.lines("LIST")).length, listing.length - 1, "the mail was kept");
    await again.quit();
    await command.interrupt();
  },
);

test("scripts/start says which port is in use and what to do, and changes nothing", async (t) => {
  const command = await StartCommand.create(t);
  const server = createServer().listen(command.port, "127.0.0.1");
  cleanUp(t, () => void server.close());
  await once(server, "listening");
  const { status, stderr } = await run(START, command.arguments);
  assert.equal(status, 69);
  assert.match(stderr, new RegExp(`port ${command.port} .*in use.*scripts/start --port \\d+`));
  assert.ok(!existsSync(command.directory) || readdirSync(command.directory).length === 0);
});
