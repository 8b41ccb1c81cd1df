// An update is killed at each of its calls that change the disk, one after the other; the next login finishes it, or it has not
// begun. Whatever happens the quota is told of each message once, and a message that was not deleted stays.

import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { RawClient } from "../support/raw-client.js";
import { killedAt, needsStrace } from "../support/strace.js";

const MESSAGES = 5;
const DELETED = 3;
const SIZE = 6;
const CALLS = ["unlink", "rename", "fsync", "mkdir"] as const;
/** More than an update makes of all of them. */
const RUNS_MAX = 60;

/** An account, and so a maildrop, for each run. */
const userOf = (run: number): string => `run-${run}`;
const USERS = Object.fromEntries(Array.from({ length: RUNS_MAX }, (_, n) => [userOf(n), `{PLAIN}${PASSWORD}`]));
const NAMES = Array.from({ length: MESSAGES }, (_, n) => `170000000${n}.M1P1.host`);

for (const deleted of ["unlink", "hold 30d", "trash"] as const) {
  test(
    `kill -9 at any call of an update (${deleted}): it is done at the next login, or has not begun`,
    needsStrace(),
    async (t) => {
      const configuration = { lock: { wait: "0s" }, maildrop: { deleted } };
      const calm = await GatewayProcess.start(t, { configuration, users: USERS });
      const ends = new Set<string>();
      let runs = 0;
      for (const call of CALLS) {
        for (let when = 1, isAnswered = false; !isAnswered; when++) {
          const user = userOf(runs++);
          fill(calm, user);
          const through = killedAt(when, call);
          const doomed = await GatewayProcess.start(t, { configuration, users: USERS, spool: calm.spool, through });
          isAnswered = await update(doomed, user);
          await (isAnswered ? doomed.kill() : doomed.ended());
          ends.add(await judge(calm, { isAnswered, user }));
        }
      }
      assert.ok(ends.has("finished"), `no kill met the update in the middle: ${[...ends].join(", ")}`);
      assert.ok(ends.has("not begun"), `no kill came before it: ${[...ends].join(", ")}`);
    },
  );
}

/** Whether QUIT was answered, or the process died before it could. */
async function update(gateway: GatewayProcess, user: string): Promise<boolean> {
  try {
    const client = await RawClient.login(gateway.ports.none, user, PASSWORD);
    for (let number = 1; number <= DELETED; number++) await client.ok(`DELE ${number}`);
    await client.ok("QUIT");
    return true;
  } catch {
    return false;
  }
}

interface Cut {
  readonly isAnswered: boolean;
  readonly user: string;
}

async function judge(calm: GatewayProcess, { isAnswered, user }: Cut): Promise<"answered" | "finished" | "not begun"> {
  const root = calm.maildirPath(user);
  const wasCutOff = existsSync(join(root, "postigo.journal"));
  const client = await RawClient.login(calm.ports.none, user, PASSWORD);
  const ids = (await client.lines("UIDL")).map((line) => line.split(" ")[1]);
  await client.quit();
  const kept = NAMES.slice(DELETED);
  const isDone = ids.length === kept.length;
  assert.deepEqual(ids, isDone ? kept : NAMES, user);
  if (isAnswered) assert.ok(isDone, `${user}: +OK was said to what was not done`);
  if (wasCutOff) assert.ok(isDone, `${user}: a journal stood there, and was not finished`);
  assert.equal(usage(root), isDone ? `${SIZE * kept.length} ${kept.length}` : `${SIZE * MESSAGES} ${MESSAGES}`, user);
  assert.ok(!existsSync(join(root, "postigo.journal")), user);
  if (isAnswered) return "answered";
  return isDone ? "finished" : "not begun";
}

function fill(gateway: GatewayProcess, user: string): void {
  const maildir = gateway.maildir(user);
  const octets = Buffer.from("octet\n");
  for (const name of NAMES) maildir.add({ what: name, folder: "cur", name: `${name}:2,`, octets });
  writeFileSync(join(maildir.path, "maildirsize"), `1000S\n${SIZE * MESSAGES} ${MESSAGES}\n`);
}

/** The sum of the lines of maildirsize. */
function usage(root: string): string {
  const lines = readFileSync(join(root, "maildirsize"), "latin1").trim().split("\n").slice(1);
  const sum = (column: number) => lines.reduce((total, line) => total + Number(line.split(" ")[column]), 0);
  return `${sum(0)} ${sum(1)}`;
}
