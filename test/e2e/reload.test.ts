// Hot reload: certificates, users and configuration change under a running gateway; a broken file leaves the old one in force.

import assert from "node:assert/strict";
import { execFileSync, spawn } from "node:child_process";
import { X509Certificate } from "node:crypto";
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { TLSSocket } from "node:tls";
import { type CertificateFiles, makeCertificate } from "../support/certificate.js";
import { cleanUp } from "../support/clean-up.js";
import { until } from "../support/eventually.js";
import { freePort } from "../support/free-port.js";
import { GatewayProcess, PASSWORD, POSTIGO } from "../support/gateway-process.js";
import { RawClient } from "../support/raw-client.js";

const fingerprint = (files: CertificateFiles): string =>
  new X509Certificate(readFileSync(files.certificate)).fingerprint256;

async function servedFingerprint(gateway: GatewayProcess): Promise<string> {
  const client = await RawClient.connect(gateway.ports.implicit, { tls: { rejectUnauthorized: false } });
  const served = (client.socket as TLSSocket).getPeerCertificate().fingerprint256;
  await client.quit();
  return served;
}

/** Of the file that has been moved aside, perhaps. */
const fingerprintOfGood = ({ certificate: { certificate } }: GatewayProcess): string =>
  new X509Certificate(readFileSync(existsSync(`${certificate}.good`) ? `${certificate}.good` : certificate))
    .fingerprint256;

async function canLogIn(gateway: GatewayProcess, user: string, password: string): Promise<boolean> {
  const client = await RawClient.connect(gateway.ports.none);
  await client.ok(`USER ${user}`);
  const { ok } = await client.command(`PASS ${password}`);
  await client.quit();
  return ok;
}

test("a certificate replaced by rename is served to the next connection, and no session ends", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const open = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
  const renewed = makeCertificate(join(gateway.directory, "renewed"), "localhost");
  const expected = fingerprint(renewed);
  renameSync(renewed.key, gateway.certificate.key);
  renameSync(renewed.certificate, gateway.certificate.certificate);
  await until("the renewed certificate", async () => (await servedFingerprint(gateway)) === expected);
  await open.ok("NOOP");
  await open.quit();
});

test("a certificate replaced by a symlink swap is served", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const live = join(gateway.directory, "live");
  for (const generation of ["one", "two"]) makeCertificate(join(gateway.directory, generation), "localhost");
  symlinkSync("one", live);
  await gateway.stop();
  gateway.writeConfiguration({ tls: { certificate: join(live, "cert.pem"), key: join(live, "key.pem") } });
  await gateway.startAgain();
  const [one, two] = ["one", "two"].map(
    (name) => new X509Certificate(readFileSync(join(gateway.directory, name, "cert.pem"))),
  );
  assert.equal(await servedFingerprint(gateway), one?.fingerprint256);
  symlinkSync("two", `${live}.new`);
  renameSync(`${live}.new`, live);
  await until("the second certificate", async () => (await servedFingerprint(gateway)) === two?.fingerprint256);
});

test("a key that does not belong to the certificate leaves the old pair in force, and the log says so", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const before = fingerprint(gateway.certificate);
  const other = makeCertificate(join(gateway.directory, "other"), "localhost");
  const seen = gateway.events.length;
  renameSync(other.key, gateway.certificate.key);
  const failed = await gateway.event("reload-failed", undefined, seen);
  assert.match(String(failed["error"]), /key/);
  assert.equal(await servedFingerprint(gateway), before);
  copyFileSync(other.certificate, gateway.certificate.certificate);
  await until("the pair that fits", async () => (await servedFingerprint(gateway)) === fingerprint(other));
});

for (const { how, replace } of [
  {
    how: "written in place",
    replace: (gateway: GatewayProcess) => gateway.writeUsers({ bob: "{PLAIN}secret-of-bob" }),
  },
  {
    how: "replaced by rename",
    replace: (gateway: GatewayProcess) => {
      writeFileSync(`${gateway.usersFile}.new`, "bob:{PLAIN}secret-of-bob\n");
      renameSync(`${gateway.usersFile}.new`, gateway.usersFile);
    },
  },
]) {
  test(`a users file ${how} counts for the next login`, async (t) => {
    const gateway = await GatewayProcess.start(t);
    const open = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
    assert.equal(await canLogIn(gateway, "bob", "secret-of-bob"), false);
    replace(gateway);
    await until("bob can log in", () => canLogIn(gateway, "bob", "secret-of-bob"));
    await open.quit();
    assert.equal(await canLogIn(gateway, "alice", PASSWORD), false, "alice's account is gone");
  });
}

test("one bad line in the users file costs that account only", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const seen = gateway.events.length;
  writeFileSync(gateway.usersFile, `alice:{PLAIN}${PASSWORD}\nno password at all\nbob:{PLAIN}secret-of-bob\n`);
  await gateway.event("accounts-problem", undefined, seen);
  assert.equal(await canLogIn(gateway, "alice", PASSWORD), true);
  assert.equal(await canLogIn(gateway, "bob", "secret-of-bob"), true);
});

for (const cause of ["the file's change", "SIGHUP"] as const) {
  test(`a changed configuration is taken over by ${cause}`, async (t) => {
    const gateway = await GatewayProcess.start(t);
    assert.doesNotMatch((await RawClient.connect(gateway.ports.none)).greeting.text, /<.*>/);
    gateway.writeConfiguration({ auth: { plaintext: "loopback", apop: true } });
    if (cause === "SIGHUP") gateway.signal("SIGHUP");
    await until("APOP in the greeting", async () => {
      const client = await RawClient.connect(gateway.ports.none);
      client.destroy();
      return /<[A-Za-z0-9.]+@[A-Za-z0-9.]+>/.test(client.greeting.text);
    });
  });
}

test("a broken configuration leaves the old one in force, and the log names file, line and remedy", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const seen = gateway.events.length;
  writeFileSync(gateway.configurationFile, "listen:\n  - { adress: 127.0.0.1 }\n");
  const failed = await gateway.event("reload-failed", undefined, seen);
  assert.match(String(failed["error"]), /postigo\.yaml:2:\d+:.*adress/s);
  assert.equal(await canLogIn(gateway, "alice", PASSWORD), true);
  gateway.writeConfiguration({ auth: { plaintext: "loopback", apop: true } });
  await gateway.event("reloaded", undefined, seen);
});

const IMPOSTORS: readonly { readonly what: string; readonly make: (path: string) => void }[] = [
  { what: "a FIFO", make: (path) => execFileSync("mkfifo", [path]) },
  { what: "a device without end", make: (path) => symlinkSync("/dev/zero", path) },
  { what: "a directory", make: (path) => mkdirSync(path) },
];

const READ_BY_A_RELOAD: readonly { readonly file: string; readonly pathOf: (gateway: GatewayProcess) => string }[] = [
  { file: "the configuration", pathOf: (gateway) => gateway.configurationFile },
  { file: "the users file", pathOf: (gateway) => gateway.usersFile },
  { file: "the certificate", pathOf: (gateway) => gateway.certificate.certificate },
  { file: "the key", pathOf: (gateway) => gateway.certificate.key },
];

for (const { file, pathOf } of READ_BY_A_RELOAD) {
  for (const { what, make } of IMPOSTORS) {
    test(`all stays as it was, and answers, when ${what} takes the place of ${file}; check ends too`, async (t) => {
      const gateway = await GatewayProcess.start(t);
      const path = pathOf(gateway);
      let seen = gateway.events.length;
      renameSync(path, `${path}.good`);
      make(path);
      await gateway.event("reload-failed", ({ error }) => !/ENOENT|no such file/.test(String(error)), seen);
      gateway.signal("SIGHUP");
      assert.equal(await canLogIn(gateway, "alice", PASSWORD), true);
      assert.equal(await servedFingerprint(gateway), fingerprintOfGood(gateway));
      const checked = await gateway.command("check");
      assert.ok((checked.status ?? 0) > 0, checked.stderr);
      assert.ok(checked.stderr.includes(path), checked.stderr);
      seen = gateway.events.length;
      rmSync(path, { recursive: true });
      renameSync(`${path}.good`, path);
      await gateway.event("reloaded", undefined, seen);
      await gateway.stop();
    });
  }
}

test("a FIFO that nobody reads, in the place of the log, does not hold the server at SIGHUP", async (t) => {
  const gateway = await GatewayProcess.start(t);
  await gateway.stop();
  const file = join(gateway.directory, "postigo.log");
  const { listen, ...rest } = JSON.parse(readFileSync(gateway.configurationFile, "utf8"));
  const port = await freePort();
  gateway.writeConfiguration({ ...rest, listen: [{ ...listen[0], port }], log: { file, format: "json" } });
  const child = spawn(process.execPath, [POSTIGO, "serve", "--config", gateway.configurationFile], { stdio: "ignore" });
  cleanUp(t, () => void child.kill("SIGKILL"));
  const logged = (path: string, event: string): boolean => readFileSync(path, "utf8").includes(`"${event}"`);
  await until("it serves", () => existsSync(file) && logged(file, "gateway-started"));
  renameSync(file, `${file}.1`);
  execFileSync("mkfifo", [file]);
  child.kill("SIGHUP");
  await until("the old log says so", () => logged(`${file}.1`, "log-reopen-failed"));
  await (await RawClient.login(port, "alice", PASSWORD)).quit();
});

test("a users file in a directory that is swapped by a symlink, as Kubernetes does it", async (t) => {
  const gateway = await GatewayProcess.start(t);
  const mounted = join(gateway.directory, "mounted");
  for (const [generation, user] of [
    ["..1", "alice"],
    ["..2", "bob"],
  ] as const) {
    mkdirSync(join(mounted, generation), { recursive: true });
    writeFileSync(join(mounted, generation, "users"), `${user}:{PLAIN}${PASSWORD}\n`);
  }
  symlinkSync("..1", join(mounted, "..data"));
  symlinkSync("..data/users", join(mounted, "users"));
  await gateway.stop();
  gateway.writeConfiguration({ accounts: [{ type: "users-file", path: join(mounted, "users") }] });
  await gateway.startAgain();
  assert.equal(await canLogIn(gateway, "alice", PASSWORD), true);
  symlinkSync("..2", join(mounted, "..data_tmp"));
  renameSync(join(mounted, "..data_tmp"), join(mounted, "..data"));
  await until("bob can log in", () => canLogIn(gateway, "bob", PASSWORD));
});
