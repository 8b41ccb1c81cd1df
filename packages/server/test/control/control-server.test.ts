import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, statSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { dirname, join } from "node:path";
import { type TestContext, test } from "node:test";
import { askServer } from "#server/control/control-client";
import { ControlServer, type ControlServerParts } from "#server/control/control-server";
import { tempDirectory } from "../support/temp-directory.js";

const NOBODY = { sessions: [], silent: 0 };

function serverAt(t: TestContext, path: string, observed: Partial<ControlServerParts["observed"]> = {}): ControlServer {
  const server = new ControlServer({
    path,
    observed: { sessions: async () => NOBODY, kick: async () => ({ ...NOBODY, unfinished: [] }), ...observed },
    onError: (error) => assert.fail(error),
  });
  t.after(() => server.close());
  return server;
}

const pathIn = (t: TestContext): string => join(tempDirectory(t), "control.sock");

test("the socket is born with mode 0600, whatever the umask, which stays as it was", async (t) => {
  const path = pathIn(t);
  const before = process.umask(0);
  t.after(() => process.umask(before));
  await serverAt(t, path).open();
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.equal(process.umask(), 0);
});

test("the socket is given to whom it is meant for", { skip: process.getuid?.() !== 0 && "needs root" }, async (t) => {
  const path = pathIn(t);
  await serverAt(t, path).open({ uid: 65_534, gid: 65_534 });
  const { uid, gid } = statSync(path);
  assert.deepEqual([uid, gid], [65_534, 65_534]);
});

test("closing takes the name of the socket away, and ends who is connected", async (t) => {
  const path = pathIn(t);
  const server = serverAt(t, path);
  await server.open();
  const socket = connect(path);
  await once(socket, "connect");
  server.close();
  await once(socket, "close");
  assert.equal(existsSync(path), false);
});

test("a server that closes late leaves the path to the one that has it by then", async (t) => {
  const path = pathIn(t);
  const old = serverAt(t, path);
  await old.open();
  unlinkSync(path);
  await serverAt(t, path, { sessions: async () => ({ sessions: [], silent: 7 }) }).open();
  old.close();
  assert.equal((await askServer(path, { command: "who" })).silent, 7);
  assert.deepEqual(readdirSync(dirname(path)), ["control.sock"], "and nothing else is left beside it");
});

test("a living server keeps its socket, whoever it is", async (t) => {
  const path = pathIn(t);
  const other = createServer().listen(path);
  await once(other, "listening");
  t.after(() => other.close());
  await assert.rejects(serverAt(t, path).open(), { code: "EADDRINUSE", message: /belongs to a server that runs/ });
});

const IN_THE_WAY = [
  { name: "a file", make: (path: string) => writeFileSync(path, "precious"), code: "ENOTSOCK" },
  { name: "a directory", make: (path: string) => mkdirSync(path), code: "ENOTSOCK" },
  { name: "a symbolic link to nothing", make: (path: string) => symlinkSync("/nonexistent", path), code: "ENOTSOCK" },
] as const;

for (const { name, make, code } of IN_THE_WAY) {
  test(`${name} at the path is refused, with the remedy`, async (t) => {
    const path = pathIn(t);
    make(path);
    await assert.rejects(serverAt(t, path).open(), { code, message: /remove it, or name another path/ });
  });
}

test("a directory that does not exist, and a path that is too long, are told with the remedy", async (t) => {
  const folder = tempDirectory(t);
  await assert.rejects(serverAt(t, join(folder, "none", "c.sock")).open(), {
    code: "ENOENT",
    message: /there is no directory .*none; make it/,
  });
  await assert.rejects(serverAt(t, join(folder, "x".repeat(108))).open(), { code: "ENAMETOOLONG" });
});

test("a request may come in any pieces, and is answered once", async (t) => {
  const path = pathIn(t);
  let asked = 0;
  await serverAt(t, path, { sessions: async () => ({ sessions: [], silent: ++asked }) }).open();
  const socket = connect(path);
  for (const octet of '{"version":1,"command":"who"}\n{"version":1,"command":"who"}\n') {
    await new Promise<void>((resolve) => socket.write(octet, () => resolve()));
  }
  socket.end();
  let text = "";
  for await (const chunk of socket) text += chunk;
  assert.deepEqual(JSON.parse(text), { version: 1, sessions: 0, silent: 1 });
});

test("a fault of the server is an answer, not a silence", async (t) => {
  const path = pathIn(t);
  await serverAt(t, path, { kick: () => Promise.reject(new Error("the loop is stuck")) }).open();
  await assert.rejects(askServer(path, { command: "kick", target: "ana" }), /the loop is stuck/);
});

test("a server that is none is told from one that answers", async (t) => {
  const path = pathIn(t);
  const other = createServer((socket) => socket.end("220 hello\r\n")).listen(path);
  await once(other, "listening");
  t.after(() => other.close());
  await assert.rejects(askServer(path, { command: "who" }), /no answer that this version knows/);
});
