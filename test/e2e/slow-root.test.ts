// One spool root hangs: nothing that must be read from it is answered. Sessions of the others go on (ADR 0060). All by order of
// events, not by time: what the quick sessions do is done while the slow logins are without an answer.

import assert from "node:assert/strict";
import { mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { HeldFileSystem, needsMounts, overlay } from "../support/held-file-system.js";
import { MaildirFixture } from "../support/maildir-fixture.js";
import { RawClient } from "../support/raw-client.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** The hash needs a thread of the pool that slow calls wait in: PBKDF2-SHA1 of PASSWORD. */
const HASHED = "{PBKDF2}$1$spool$2000$5a5c36427b75eee2a0f7d7d6546a6b7217f1dfbd";
/** More of them than the pool has threads. */
const SLOW = ["sue", "sam", "sol", "sid", "stu", "sal"];
const QUICK = ["alice", "bob", "carol"];

const KINDS = [
  { name: "a network file system", show: (_t: TestContext, path: string) => path },
  {
    name: "one that looks local",
    show: (t: TestContext, path: string) => overlay(t, path, join(temporaryDirectory(t), "overlay")),
  },
];

for (const { name, show } of KINDS) {
  for (const locksIn of ["the maildrops", "a directory elsewhere"] as const) {
    const title = `ADR 0060: while ${name} hangs, sessions of another root log in, retrieve and remove; locks in ${locksIn}`;
    test(title, needsMounts(), async (t) => {
      const { gateway, slow } = await gatewayWithTwoRoots(t, { show, locksIn });
      slow.hold();
      const waiting = await Promise.all(SLOW.map(() => RawClient.connect(gateway.ports.none)));
      await Promise.all(waiting.map((client, index) => client.ok(`USER ${SLOW[index]}`)));
      // They lie in the server's sockets before the others say their first word.
      await Promise.all(waiting.map((client) => client.write(`PASS ${PASSWORD}\r\n`)));
      const answered = new Set<number>();
      const logins = waiting.map(async (client, index) => {
        assert.equal((await client.reply()).ok, true);
        answered.add(index);
      });
      for (const round of [1, 2]) {
        for (const user of QUICK) {
          const client = await RawClient.login(gateway.ports.none, user, PASSWORD);
          assert.equal((await client.lines("LIST")).length, 3 - round);
          assert.ok((await client.retrieve(1)).length > 0);
          await client.ok("DELE 1");
          await client.quit();
        }
      }
      assert.deepEqual([...answered], [], "no slow login has an answer");
      slow.letGo();
      await Promise.all(logins);
      for (const client of waiting) {
        assert.ok((await client.retrieve(1)).length > 0);
        await client.quit();
      }
    });
  }
}

interface TwoRoots {
  readonly show: (t: TestContext, path: string) => string;
  readonly locksIn: "the maildrops" | "a directory elsewhere";
}

async function gatewayWithTwoRoots(t: TestContext, { show, locksIn }: TwoRoots) {
  const folder = temporaryDirectory(t);
  const source = join(folder, "source");
  for (const user of SLOW) new MaildirFixture(join(source, user)).fillWithNumbered(2);
  const slow = await HeldFileSystem.mount(t, source, join(folder, "mounted"));
  const spool = show(t, join(folder, "mounted"));
  const locks = join(folder, "locks");
  mkdirSync(locks);
  const gateway = await GatewayProcess.start(t, {
    users: {
      ...Object.fromEntries(QUICK.map((user) => [user, HASHED])),
      ...Object.fromEntries(SLOW.map((user) => [user, `{PLAIN}${PASSWORD}::::::maildir=${join(spool, user)}`])),
    },
    configuration: locksIn === "the maildrops" ? {} : { lock: { directory: locks } },
  });
  for (const user of QUICK) gateway.maildir(user).fillWithNumbered(2);
  // So that paths can be followed while nothing answers.
  for (const user of SLOW) for (const name of ["", "new", "cur"]) statSync(join(spool, user, name));
  return { gateway, slow };
}
