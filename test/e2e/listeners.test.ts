// Listeners and starts: IPv6, several addresses, quick mode, a port in use, and the exit codes of starts that fail.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { networkInterfaces } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { cleanUp } from "../support/clean-up.js";
import { until, within } from "../support/eventually.js";
import { GatewayProcess, PASSWORD, POSTIGO } from "../support/gateway-process.js";
import { MaildirFixture } from "../support/maildir-fixture.js";
import { RawClient } from "../support/raw-client.js";
import { run } from "../support/real-client.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const hasIpv6 = Object.values(networkInterfaces()).some((list) => list?.some(({ address }) => address === "::1"));

test("a listener on ::1 serves IPv6, beside the ones on 127.0.0.1", { skip: !hasIpv6 && "no IPv6" }, async (t) => {
  const listen = [
    { address: "::1", port: 0, tls: "none" },
    { address: "127.0.0.1", port: 0, tls: "starttls" },
    { address: "127.0.0.1", port: 0, tls: "implicit" },
  ];
  const gateway = await GatewayProcess.start(t, { configuration: { listen } });
  const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD, { host: "::1" });
  await client.quit();
  assert.equal((await gateway.event("login")).peer, "::1");
  const other = await RawClient.connect(gateway.ports.starttls);
  await other.quit();
});

test("a listener on :: serves IPv4 clients too, by their IPv4 address", { skip: !hasIpv6 && "no IPv6" }, async (t) => {
  const listen = [
    { address: "::", port: 0, tls: "none" },
    { address: "::", port: 0, tls: "starttls" },
    { address: "::", port: 0, tls: "implicit" },
  ];
  const gateway = await GatewayProcess.start(t, { configuration: { listen } });
  for (const host of ["::1", "127.0.0.1"]) {
    const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD, { host });
    await client.quit();
    await gateway.event("login", ({ peer }) => peer === host);
  }
});

test("quick mode needs no file: --listen, --maildir and --user", async (t) => {
  const maildir = new MaildirFixture(join(temporaryDirectory(t), "Maildir")).fillWithNumbered(2);
  const options = [
    "--listen",
    "127.0.0.1:0",
    "--maildir",
    maildir.path,
    "--user",
    "me:secret-word",
    "--log.format",
    "json",
  ];
  const child = spawn(process.execPath, [POSTIGO, "serve", ...options], { stdio: ["ignore", "inherit", "pipe"] });
  cleanUp(t, () => void child.kill("SIGKILL"));
  const ports: number[] = [];
  createInterface(child.stderr).on("line", (line) => {
    const event = JSON.parse(line);
    if (event.event === "listening") ports.push(event.port);
  });
  const port = await until("a listening event", () => ports[0]);
  const client = await RawClient.login(port, "me", "secret-word");
  assert.match((await client.ok("STAT")).text, /^2 /);
  await client.quit();
  child.kill("SIGTERM");
  const [status] = await within("the end", once(child, "exit"));
  assert.equal(status, 0);
});

test("a port in use ends the start with 69, names the port and says what to do", async (t) => {
  const server = createServer().listen(0, "127.0.0.1");
  cleanUp(t, () => void server.close());
  await once(server, "listening");
  const address = server.address();
  const port = typeof address === "object" ? address?.port : undefined;
  const maildir = new MaildirFixture(join(temporaryDirectory(t), "Maildir"));
  const options = ["--listen", `127.0.0.1:${port}`, "--maildir", maildir.path, "--user", "me:secret-word"];
  const { status, stderr } = await run(process.execPath, [POSTIGO, "serve", ...options]);
  assert.equal(status, 69, stderr);
  assert.match(stderr, new RegExp(`127\\.0\\.0\\.1:${port}.*in use`));
  assert.ok(!stderr.includes("secret-word"));
});

for (const { what, content, status, message } of [
  { what: "an unknown key", content: "listn: []\n", status: 78, message: /postigo\.yaml:1:1: .*listn.*listen/ },
  { what: "no YAML", content: "listen: [\n", status: 78, message: /postigo\.yaml:\d+:\d+:/ },
  { what: "a certificate that is not there", content: certificateMissing(), status: 66, message: /nowhere\.pem/ },
]) {
  test(`a configuration with ${what} ends the start with ${status} and says where`, async (t) => {
    const file = join(temporaryDirectory(t), "postigo.yaml");
    writeFileSync(file, content);
    const { status: actual, stderr } = await run(process.execPath, [POSTIGO, "serve", "--config", file]);
    assert.equal(actual, status, stderr);
    assert.match(stderr, message);
  });
}

test("a configuration file that is missing ends the start with 66, an unknown option with 64", async () => {
  const missing = await run(process.execPath, [POSTIGO, "serve", "--config", "/nonexistent/postigo.yaml"]);
  assert.equal(missing.status, 66, missing.stderr);
  const unknown = await run(process.execPath, [POSTIGO, "serve", "--lisen", "127.0.0.1:0"]);
  assert.equal(unknown.status, 64, unknown.stderr);
  assert.match(unknown.stderr, /--listen/);
});

function certificateMissing(): string {
  return JSON.stringify({
    listen: [{ address: "127.0.0.1", port: 0, tls: "implicit" }],
    tls: { certificate: "nowhere.pem", key: "nowhere.key" },
    spool: { maildir: "mail/%{user}" },
    accounts: [{ type: "users-file", path: "users" }],
  });
}
