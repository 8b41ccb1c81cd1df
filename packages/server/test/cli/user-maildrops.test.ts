import assert from "node:assert/strict";
import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { CommandError, EXIT } from "#server/cli/exit-code";
import { openUserMaildrops, type UserMaildrops } from "#server/cli/user-maildrops";
import { makeMaildir, temporaryFolder } from "./support.js";

const USERS = "ana@a.test:{PLAIN}x\nben@a.test:{PLAIN}x\nrole@a.test:{PLAIN}x::::::maildir=%ANA%\nnodomain:{PLAIN}x\n";

test("a user's maildrop is found by the template, all by the accounts, one that two share once", async (t) => {
  const { maildrops, spool } = await spoolOf(t);
  assert.deepEqual(maildrops.of("ben@a.test"), { user: "ben@a.test", path: join(spool, "a.test/ben") });
  assert.deepEqual(
    maildrops.all().map(({ user }) => user),
    ["ana@a.test", "ben@a.test"],
  );
});

test("a name that is no account, or that the template has no place for, is told apart", async (t) => {
  const { maildrops } = await spoolOf(t);
  assert.throws(
    () => maildrops.of("eve@a.test"),
    isCommandError(EXIT.missingInput, /no account is called "eve@a.test"/),
  );
  assert.throws(() => maildrops.of("nodomain"), isCommandError(EXIT.configuration, /"nodomain" lacks a part/));
});

test("the work is done under the lock, which is free afterwards and keeps a second one out", async (t) => {
  const { maildrops, spool } = await spoolOf(t);
  const ana = maildrops.of("ana@a.test");
  const lockFile = join(spool, "a.test/ana/postigo.lock");
  await maildrops.underLock(ana, async () => {
    assert.ok(existsSync(lockFile));
    const second = await openUserMaildrops({ _: [], config: join(spool, "../postigo.yaml") });
    await assert.rejects(
      second.underLock(ana, async () => undefined),
      isCommandError(EXIT.unavailable, /ana is locked by .*; try again when its session is over/),
    );
    second.close();
  });
  assert.ok(!existsSync(lockFile));
});

test("a maildrop that does not exist is no place to work in", async (t) => {
  const { maildrops } = await spoolOf(t);
  const work = maildrops.underLock(maildrops.of("ben@a.test"), async () => undefined);
  await assert.rejects(work, isCommandError(EXIT.missingInput, /ben cannot be reached \(ENOENT\)/));
});

const isCommandError =
  (code: number, text: RegExp) =>
  (error: unknown): boolean =>
    error instanceof CommandError && error.code === code && text.test(error.message);

const spoolOf = async (t: TestContext): Promise<{ maildrops: UserMaildrops; spool: string }> => {
  const folder = temporaryFolder(t);
  const spool = join(folder, "spool");
  const ana = makeMaildir(join(spool, "a.test/ana"));
  writeFileSync(join(folder, "users"), USERS.replace("%ANA%", ana), { mode: 0o600 });
  const config = join(folder, "postigo.yaml");
  writeFileSync(
    config,
    `spool: { maildir: "${spool}/%{domain}/%{local}" }\naccounts: [{ type: users-file, path: users }]\n` +
      "auth: { plaintext: loopback }\nlisten: [{ address: 127.0.0.1, port: 0, tls: none }]\nlock: { wait: 0s }\n",
  );
  const maildrops = await openUserMaildrops({ _: [], config });
  t.after(() => maildrops.close());
  return { maildrops, spool };
};
