// A login that finishes an update is killed at each of its calls that change the disk, one after the other. The next login has done
// the rest: what was deleted is gone, what was not stays, and the quota was told of each message once.

import assert from "node:assert/strict";
import { existsSync, renameSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { cutOffJournal } from "../support/crc-line.js";
import { ONE_THREAD } from "../support/fault-injector.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { usageIn } from "../support/maildirsize.js";
import { RawClient } from "../support/raw-client.js";
import { killedAt, needsStrace } from "../support/strace.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

const SIZE = 6;
const CALLS = ["unlink", "rename", "fsync", "mkdir"] as const;
/** More than a completion makes of all of them. */
const RUNS_MAX = 40;

const NAMES = [1, 2, 3, 4, 5].map((n) => `170000000${n}.M1P1.host`);
/** Deleted; the first was removed before the crash, and the third was put back by a backup after it. */
const [GONE = "", DELETED = "", PUT_BACK = "", ...KEPT] = NAMES;

const userOf = (run: number): string => `run-${run}`;
const USERS = Object.fromEntries(Array.from({ length: RUNS_MAX }, (_, n) => [userOf(n), `{PLAIN}${PASSWORD}`]));

for (const deleted of ["unlink", "hold", "trash"] as const) {
  test(
    `kill -9 at any call of a login that finishes an update (${deleted}): the next login has done the rest, once`,
    needsStrace(),
    async (t) => {
      const spool = join(temporaryDirectory(t), "mail");
      // All calls in one thread, so that they are counted as they come.
      const configuration = { lock: { wait: "0s" }, spool: { maildir: `${spool}/%{user}`, io: "async" } };
      const options = { configuration, users: USERS, spool };
      const calm = await GatewayProcess.start(t, options);
      let runs = 0;
      for (const call of CALLS) {
        for (let when = 1, isAnswered = false; !isAnswered; when++) {
          const user = userOf(runs++);
          leaveCutOff(calm, user, deleted);
          const doomed = await GatewayProcess.start(t, { ...options, through: killedAt(when, call), env: ONE_THREAD });
          isAnswered = await logsIn(doomed, user);
          await (isAnswered ? doomed.kill() : doomed.ended());
          await expectDone(calm, user);
        }
      }
      assert.ok(runs >= 5 + CALLS.length, `only ${runs - CALLS.length} calls were killed`);
    },
  );
}

async function logsIn(gateway: GatewayProcess, user: string): Promise<boolean> {
  try {
    await RawClient.login(gateway.ports.none, user, PASSWORD);
    return true;
  } catch {
    return false;
  }
}

/** As a crash after the first removal leaves a maildrop, and a backup then. */
function leaveCutOff(gateway: GatewayProcess, user: string, deleted: string): void {
  const maildir = gateway.maildir(user);
  const octets = Buffer.from("octet\n");
  const pathOf = (name: string): string => `cur/${name}:2,`;
  for (const name of NAMES) maildir.add({ what: name, folder: "cur", name: `${name}:2,`, octets });
  writeFileSync(join(maildir.path, "maildirsize"), `1000S\n${SIZE * NAMES.length} ${NAMES.length}\n`);
  const journal = cutOffJournal(maildir.path, [GONE, DELETED, PUT_BACK].map(pathOf), deleted);
  writeFileSync(join(maildir.path, "postigo.journal"), journal);
  unlinkSync(join(maildir.path, pathOf(GONE)));
  const backup = join(maildir.path, "tmp", "backup");
  writeFileSync(backup, octets);
  renameSync(backup, join(maildir.path, pathOf(PUT_BACK)));
}

async function expectDone(gateway: GatewayProcess, user: string): Promise<void> {
  const client = await RawClient.login(gateway.ports.none, user, PASSWORD);
  const ids = (await client.lines("UIDL")).map((line) => line.split(" ")[1]);
  await client.quit();
  assert.deepEqual(ids, [PUT_BACK, ...KEPT], user);
  const root = gateway.maildirPath(user);
  // Who puts mail back tells the quota, or counts it anew; this backup did not.
  assert.deepEqual(usageIn(root), { octets: SIZE * KEPT.length, messages: KEPT.length }, user);
  assert.ok(!existsSync(join(root, "postigo.journal")), user);
}
