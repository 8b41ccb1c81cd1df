// `postigo serve` as a process: what it says, what it listens to, how it ends.

import assert from "node:assert/strict";
import { type ChildProcess, execFileSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { connect, createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { type TestContext, test } from "node:test";
import { makeCertificate } from "../support/make-certificate.js";
import { ended, makeMaildir, postigo, start, temporaryFolder } from "./support.js";

class Server {
  readonly child: ChildProcess;
  readonly lines: string[] = [];
  readonly #ended: ReturnType<typeof ended>;
  #onLine: () => void = () => undefined;

  constructor(t: TestContext, words: readonly string[]) {
    this.child = start(["serve", ...words]);
    this.#ended = ended(this.child);
    t.after(() => this.child.kill("SIGKILL"));
    const { stderr } = this.child;
    assert.ok(stderr);
    createInterface({ input: stderr }).on("line", (line) => {
      this.lines.push(line);
      this.#onLine();
    });
  }

  /** The first line, from now on or before, that has the event. */
  async line(event: string): Promise<string> {
    for (;;) {
      const found = this.lines.find((line) => line.includes(` ${event}`));
      if (found !== undefined) return found;
      assert.equal(this.child.exitCode, null, this.lines.join("\n"));
      await new Promise<void>((resolve) => {
        this.#onLine = resolve;
      });
    }
  }

  async ports(): Promise<readonly number[]> {
    await this.line("gateway-started");
    return this.lines.flatMap((line) => / listening .* port=(\d+)/.exec(line)?.[1] ?? []).map(Number);
  }

  async end(signal: NodeJS.Signals = "SIGTERM"): ReturnType<typeof ended> {
    this.child.kill(signal);
    return this.#ended;
  }
}

const quick = (t: TestContext, ...more: readonly string[]): Server => {
  const path = makeMaildir(join(temporaryFolder(t), "Maildir"), { "new/1.h": "Subject: x\n\nhello\n" });
  return new Server(t, ["--maildir", path, "--user", "ana:sekrit", ...more]);
};

const dialogue = async (port: number, commands: readonly string[]): Promise<string> => {
  const socket: Socket = connect(port, "127.0.0.1").setEncoding("latin1");
  let heard = "";
  socket.on("data", (text: string) => {
    heard += text;
  });
  socket.write(commands.map((command) => `${command}\r\n`).join(""));
  await once(socket, "end");
  socket.end();
  return heard;
};

test("quick mode serves a Maildir to a user, plain text from loopback", async (t) => {
  const server = quick(t, "--listen", "127.0.0.1:0");
  const [port = 0] = await server.ports();
  const heard = await dialogue(port, ["USER ana", "PASS sekrit", "RETR 1", "QUIT"]);
  assert.match(heard, /\r\nSubject: x\r\n\r\nhello\r\n\.\r\n/);
  const { code, err } = await server.end();
  assert.equal(code, 0, err);
  assert.match(err, / INFO login session=\S+ peer=127\.0\.0\.1 user=ana /);
});

test("several users have a Maildir each", async (t) => {
  const folder = temporaryFolder(t);
  for (const user of ["ana", "bob"]) makeMaildir(join(folder, user), { "new/1.h": `I am ${user}\n` });
  const users = ["--user", "ana:x", "--user", "bob:y"];
  const server = new Server(t, ["--maildir", join(folder, "%{user}"), ...users, "--listen", "127.0.0.1:0"]);
  const [port = 0] = await server.ports();
  assert.match(await dialogue(port, ["USER bob", "PASS y", "RETR 1", "QUIT"]), /I am bob/);
  assert.match(await dialogue(port, ["USER ana", "PASS x", "RETR 1", "QUIT"]), /I am ana/);
});

test("--certificate and --key give STLS, tls:// listens for TLS at once", async (t) => {
  const { certificate, key } = makeCertificate(temporaryFolder(t));
  const server = quick(
    t,
    "--certificate",
    certificate,
    "--key",
    key,
    "--listen",
    "127.0.0.1:0",
    "--listen",
    "tls://127.0.0.1:0",
  );
  const [port = 0] = await server.ports();
  assert.match(await dialogue(port, ["CAPA", "QUIT"]), /\r\nSTLS\r\n/);
  assert.ok(server.lines.some((line) => line.endsWith("tls=implicit")));
});

test("the password of the command line does not stand in the list of processes", async (t) => {
  const server = quick(t, "--listen", "127.0.0.1:0");
  await server.ports();
  const words = execFileSync("ps", ["-o", "args=", "-p", String(server.child.pid)]).toString();
  assert.match(words, /^postigo serve/);
  assert.doesNotMatch(words, /sekrit/);
});

test("a port that is taken ends with 69 and says what to do", async (t) => {
  const taken = createServer().listen(0, "127.0.0.1");
  await once(taken, "listening");
  t.after(() => taken.close());
  const at = taken.address();
  const port = typeof at === "object" ? at?.port : undefined;
  const { code, err } = await quick(t, "--listen", `127.0.0.1:${port}`).end("SIGCONT");
  assert.equal(code, 69, err);
  assert.match(err, new RegExp(`^postigo: 127\\.0\\.0\\.1:${port} is in use by another program; end it`, "m"));
  assert.doesNotMatch(err, /\n\s+at /);
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  test(`${signal} ends idle sessions and the server with 0`, async (t) => {
    const server = quick(t, "--listen", "127.0.0.1:0");
    const [port = 0] = await server.ports();
    const socket = connect(port, "127.0.0.1");
    await once(socket, "data");
    const { code, err } = await server.end(signal);
    assert.equal(code, 0, err);
    assert.match(err, /gateway-stopped/);
  });
}

test("SIGHUP goes on in a new log file and reads the configuration again; a broken one changes nothing", async (t) => {
  const folder = temporaryFolder(t);
  makeMaildir(join(folder, "mail/ana"));
  writeFileSync(join(folder, "users"), "ana:{PLAIN}x\n", { mode: 0o600 });
  const file = join(folder, "postigo.yaml");
  const log = join(folder, "log");
  writeFileSync(file, YAML);
  const server = new Server(t, ["--config", file]);
  const logged = async (event: string): Promise<void> => {
    // The log is a file here: what it holds is asked for until it is there.
    while (!existsSync(log) || !readFileSync(log, "utf8").includes(` ${event}`)) {
      assert.equal(server.child.exitCode, null, server.lines.join("\n"));
      await new Promise(setImmediate);
    }
  };
  await logged("gateway-started");
  renameSync(log, `${log}.1`);
  server.child.kill("SIGHUP");
  await logged("reloaded");
  assert.match(readFileSync(log, "utf8"), /^\S+ INFO log-reopened file=\S+\n/);
  writeFileSync(file, `${YAML}limts: {}\n`);
  server.child.kill("SIGHUP");
  await logged("reload-failed");
  assert.match(
    readFileSync(log, "utf8"),
    /reload-failed error=".*postigo\.yaml:5:1: limts: there is no such key; did you mean \\"limits\\"\?"/,
  );
  const { code } = await server.end();
  assert.equal(code, 0);
});

const YAML = `listen: [{ address: 127.0.0.1, port: 0, tls: none }]
spool: { maildir: "mail/%u" }
accounts: [{ type: users-file, path: users }]
log: { file: log }
`;

test("a log nobody reads any more does not end the server", async (t) => {
  const server = quick(t, "--listen", "127.0.0.1:0", "--log.level", "debug");
  const [port = 0] = await server.ports();
  server.child.stderr?.destroy();
  for (let session = 0; session < 5; session++) assert.match(await dialogue(port, ["QUIT"]), /^\+OK/);
  server.child.kill("SIGTERM");
  const [code] = await once(server.child, "exit");
  assert.equal(code, 0);
});

test("/etc/postigo/postigo.yaml is not mixed into a try with --maildir and --user", async (t) => {
  const path = makeMaildir(join(temporaryFolder(t), "Maildir"));
  const { out } = await postigo(["check", "--maildir", path, "--user", "ana:x"]);
  assert.match(out, /^# flags and variables: good/);
});
