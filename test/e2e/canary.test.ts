// Another directory in the place of a maildrop is refused, and nothing that users or administrators ordinarily do is.

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { until } from "../support/eventually.js";
import { GatewayProcess, PASSWORD, POSTIGO } from "../support/gateway-process.js";
import { MaildirFixture } from "../support/maildir-fixture.js";
import { IN_OWN_NAMESPACE, needsMounts, within } from "../support/mount-namespace.js";
import { RawClient } from "../support/raw-client.js";
import { run } from "../support/real-client.js";
import type { Reply } from "../support/reply-grammar.js";
import { killedAt, needsStrace } from "../support/strace.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const REFUSED = { ok: false, code: "SYS/TEMP" };

interface Scene {
  readonly through?: readonly string[];
  readonly state?: string;
}

/** A gateway that keeps records, and whether it has written one. */
async function guarded(t: TestContext, { through, state = join(temporaryDirectory(t), "canary") }: Scene = {}) {
  const configuration = { canary: { directory: state } };
  const gateway = await GatewayProcess.start(t, { configuration, ...(through && { through }) });
  const recorded = () =>
    until("a record", () => existsSync(state) && readdirSync(state).some((name) => /^\w{40}$/.test(name)));
  return { gateway, state, recorded };
}

/** Logs in, lists the unique-ids and quits; or how the login was refused. */
async function visit(gateway: GatewayProcess): Promise<readonly string[] | Pick<Reply, "ok" | "code">> {
  const client = await RawClient.connect(gateway.ports.none);
  await client.ok("USER alice");
  const { ok, code } = await client.command(`PASS ${PASSWORD}`);
  const answer = ok ? await client.lines("UIDL") : { ok, code };
  await client.quit();
  return answer;
}

async function listed(gateway: GatewayProcess): Promise<readonly string[]> {
  const answer = await visit(gateway);
  assert.ok(Array.isArray(answer), JSON.stringify(answer));
  return answer;
}

/** A Maildir with other mail, put in the place of alice's. */
function exchange(gateway: GatewayProcess): void {
  const other = new MaildirFixture(`${gateway.maildirPath()}.other`);
  for (let n = 0; n < 50; n++) {
    other.add({ what: "", octets: Buffer.from("Subject: x\n\nx\n"), name: `1700000${100 + n}.M${n}P1.backup` });
  }
  renameSync(gateway.maildirPath(), `${gateway.maildirPath()}.before`);
  renameSync(other.path, gateway.maildirPath());
}

test("a bad restore is refused with [SYS/TEMP], over a restart too, until accept-change", async (t) => {
  const { gateway, recorded } = await guarded(t);
  gateway.maildir().fillWithNumbered(50);
  assert.equal((await listed(gateway)).length, 50);
  await recorded();
  exchange(gateway);
  assert.deepEqual(await visit(gateway), REFUSED);
  const left = readdirSync(gateway.maildirPath()).filter((name) => !name.startsWith("postigo.owner."));
  assert.deepEqual(left.sort(), ["cur", "new", "tmp"], "nothing is written there but the lock");
  const event = await gateway.event("maildrop-changed");
  assert.equal(event["level"], "error");
  assert.deepEqual([event.user, event["known"], event["missing"]], ["alice", 50, "100%"]);
  assert.match(String(event["remedy"]), /postigo accept-change alice$/);
  await gateway.kill();
  await gateway.startAgain();
  assert.deepEqual(await visit(gateway), REFUSED);
  const accepted = await run(process.execPath, [
    POSTIGO,
    "accept-change",
    "alice",
    "--config",
    gateway.configurationFile,
  ]);
  assert.equal(accepted.status, 0, accepted.stderr);
  assert.equal((await listed(gateway)).length, 50);
  assert.equal((await listed(gateway)).length, 50);
});

test("a maildrop that has gone is refused, though the spool is there and holds others", async (t) => {
  const { gateway } = await guarded(t);
  gateway.maildir().fillWithNumbered(50);
  await listed(gateway);
  renameSync(gateway.maildirPath(), join(gateway.spool, "away"));
  assert.deepEqual(await visit(gateway), REFUSED);
  renameSync(join(gateway.spool, "away"), gateway.maildirPath());
  assert.equal((await listed(gateway)).length, 50, "once it is back, nothing has happened");
});

test("without a directory the process itself remembers", async (t) => {
  const gateway = await GatewayProcess.start(t);
  gateway.maildir().fillWithNumbered(50);
  await listed(gateway);
  await gateway.event("canary-in-memory-only");
  exchange(gateway);
  assert.deepEqual(await visit(gateway), REFUSED);
  assert.match(String((await gateway.event("maildrop-changed"))["remedy"]), /restart Postigo/);
});

test("switched off, and in several workers without a directory, nothing is refused, and the latter is told", async (t) => {
  for (const configuration of [{ canary: { enabled: false } }, { workers: 2 }]) {
    const gateway = await GatewayProcess.start(t, { configuration });
    gateway.maildir().fillWithNumbered(50);
    for (let login = 0; login < 4; login++) await listed(gateway);
    exchange(gateway);
    for (let login = 0; login < 4; login++) assert.equal((await listed(gateway)).length, 50);
    if ("workers" in configuration) await gateway.event("canary-off");
  }
});

test("several workers share what they know through the directory", async (t) => {
  const state = join(temporaryDirectory(t), "canary");
  const gateway = await GatewayProcess.start(t, { configuration: { workers: 2, canary: { directory: state } } });
  gateway.maildir().fillWithNumbered(50);
  await listed(gateway);
  await until("a record", () => existsSync(state) && readdirSync(state).length === 1);
  exchange(gateway);
  for (let login = 0; login < 6; login++) assert.deepEqual(await visit(gateway), REFUSED);
});

test("whoever empties a maildrop, by POP3 or with another program, is let in before and after a move", async (t) => {
  for (const how of ["pop3", "imap"]) {
    const { gateway } = await guarded(t);
    const maildir = gateway.maildir().fillWithNumbered(50);
    await listed(gateway);
    if (how === "pop3") {
      const client = await RawClient.login(gateway.ports.none, "alice", PASSWORD);
      for (let n = 1; n <= 50; n++) await client.ok(`DELE ${n}`);
      await client.quit();
    } else {
      for (const file of maildir.files()) unlinkSync(join(maildir.path, file));
      assert.deepEqual(await listed(gateway), []);
    }
    exchange(gateway);
    assert.equal((await listed(gateway)).length, 50, how);
  }
});

test(
  "a tmpfs over a maildrop, over the spool, and a copy with the same names on another device",
  needsMounts(),
  async (t) => {
    const { gateway, recorded } = await guarded(t, { through: IN_OWN_NAMESPACE });
    gateway.maildir().fillWithNumbered(50);
    const before = await listed(gateway);
    await recorded();
    const maildir = gateway.maildirPath();
    const tmpfs = (path: string): void => within(gateway, "mount", "-t", "tmpfs", "none", path);

    tmpfs(maildir);
    within(gateway, "mkdir", `${maildir}/new`, `${maildir}/cur`, `${maildir}/tmp`);
    assert.deepEqual(await visit(gateway), REFUSED, "an empty Maildir on another disk");
    within(gateway, "umount", "--lazy", maildir);
    assert.deepEqual(await listed(gateway), before);

    tmpfs(gateway.spool);
    within(gateway, "touch", `${gateway.spool}/.keep`);
    assert.deepEqual(await visit(gateway), REFUSED, "a spool without the maildrop");
    within(gateway, "umount", "--lazy", gateway.spool);
    assert.deepEqual(await listed(gateway), before);

    const copy = join(gateway.directory, "copy");
    mkdirSync(copy);
    tmpfs(copy);
    within(gateway, "cp", "-a", `${maildir}/.`, copy);
    within(gateway, "mount", "--bind", copy, maildir);
    assert.deepEqual(await listed(gateway), before, "the same mail on another disk");
  },
);

test(
  "kill -9 while a record is written leaves the old one, and the next start goes on with it",
  needsStrace(),
  async (t) => {
    const state = join(temporaryDirectory(t), "canary");
    const { gateway, recorded } = await guarded(t, { state });
    const maildir = gateway.maildir().fillWithNumbered(50);
    await listed(gateway);
    await recorded();
    await gateway.stop();
    const name = createHash("sha256").update(gateway.maildirPath()).digest("hex").slice(0, 40);
    const record = readFileSync(join(state, name));

    const through = killedAt(1, "rename", "renameat", "renameat2");
    const doomed = await GatewayProcess.start(t, {
      spool: gateway.spool,
      configuration: { canary: { directory: state } },
      through,
    });
    for (let n = 0; n < 150; n++) {
      maildir.add({ what: "", octets: Buffer.from("Subject: x\n\nx\n"), name: `1700000${100 + n}.M${n}P1.more` });
    }
    const client = await RawClient.connect(doomed.ports.none);
    await client.write(`USER alice\r\nPASS ${PASSWORD}\r\n`);
    await doomed.ended();
    client.destroy();
    assert.deepEqual(readFileSync(join(state, name)), record, "the old record stands as it was");
    assert.equal(readdirSync(state).length, 2, "beside what was being written");

    await gateway.startAgain();
    exchange(gateway);
    assert.deepEqual(await visit(gateway), REFUSED);
  },
);

test("a state directory that is missing its parent, a file, or a spoilt record: sessions go on, and it is told", async (t) => {
  const folder = temporaryDirectory(t);
  const file = join(folder, "file");
  writeFileSync(file, "");
  chmodSync(file, 0o600);
  const { gateway } = await guarded(t, { state: join(file, "canary") });
  gateway.maildir().fillWithNumbered(50);
  assert.equal((await listed(gateway)).length, 50);
  const troubles = await gateway.eventsNamed("canary-trouble", 2);
  assert.deepEqual(
    troubles.map(({ what }) => what),
    ["unreadable", "not-saved"],
  );

  const spoilt = await guarded(t);
  spoilt.gateway.maildir().fillWithNumbered(50);
  await listed(spoilt.gateway);
  await spoilt.recorded();
  for (const name of readdirSync(spoilt.state)) writeFileSync(join(spoilt.state, name), "postigo-canary 1\nmaildrop");
  await spoilt.gateway.kill();
  await spoilt.gateway.startAgain();
  assert.equal((await listed(spoilt.gateway)).length, 50);
  assert.equal((await spoilt.gateway.event("canary-trouble"))["what"], "spoilt");
  rmSync(spoilt.state, { recursive: true });
});
