// Each file call of a session fails in turn, with each errno: EIO, ENOSPC, EACCES, EMFILE. No message is lost that was not
// deleted, no unique-id changes, and the next login works or says what is wrong; the server goes on.

import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { cutOffJournal } from "../support/crc-line.js";
import { ERRNOS, type Fault, ONE_THREAD, underFault } from "../support/fault-injector.js";
import { DELETED, FaultedMaildrop, pathOf } from "../support/faulted-maildrop.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { needsStrace } from "../support/strace.js";
import { temporaryDirectory } from "../support/temporary-directory.js";

/** More than there are faults. */
const USERS_MAX = 600;

for (const io of ["sync", "async"] as const) {
  test(
    `a fault at any file call of a session that deletes (${io}): nothing else is lost, the next login works or says why`,
    needsStrace(),
    async (t) => {
      const sweep = await Sweep.start(t, io);
      await sweep.run({ deletes: DELETED, prepare: () => undefined });
      assert.ok(sweep.sessions.length > 80, `only ${sweep.sessions.length} calls failed`);
      await sweep.expectAllToOpen();
    },
  );
}

test(
  "a fault at any file call of a login that finishes an update: what was to go is gone at the login after",
  needsStrace(),
  async (t) => {
    const sweep = await Sweep.start(t, "sync");
    const prepare = ({ path }: FaultedMaildrop) =>
      writeFileSync(join(path, "postigo.journal"), cutOffJournal(path, DELETED.map(pathOf)));
    await sweep.run({ deletes: [], prepare });
    assert.ok(sweep.sessions.length > 60, `only ${sweep.sessions.length} calls failed`);
    await sweep.expectAllToOpen();
    for (const { fault, maildrop } of sweep.sessions) {
      const left = maildrop.messagesThere().filter((message) => DELETED.includes(message));
      assert.deepEqual(left, [], JSON.stringify(fault));
    }
  },
);

interface Scenario {
  readonly deletes: readonly number[];
  readonly prepare: (maildrop: FaultedMaildrop) => void;
}

class Sweep {
  /** Those that met their fault. */
  readonly sessions: { readonly fault: Fault; readonly maildrop: FaultedMaildrop }[] = [];
  readonly #t: TestContext;
  readonly #gateway: GatewayProcess;
  #users = 0;

  private constructor(t: TestContext, gateway: GatewayProcess) {
    this.#t = t;
    this.#gateway = gateway;
  }

  static async start(t: TestContext, io: "sync" | "async"): Promise<Sweep> {
    const users = Object.fromEntries(Array.from({ length: USERS_MAX }, (_, n) => [`user${n}`, `{PLAIN}${PASSWORD}`]));
    const spool = join(temporaryDirectory(t), "mail");
    const configuration = { lock: { wait: "0s" }, spool: { maildir: `${spool}/%{user}`, io } };
    const gateway = await GatewayProcess.start(t, { users, configuration, spool, env: ONE_THREAD });
    return new Sweep(t, gateway);
  }

  /** For each kind of call and each errno: a session in a maildrop of its own for each call, until one ends without meeting it. */
  async run(scenario: Scenario): Promise<void> {
    for (const [syscall, errnos] of Object.entries(ERRNOS)) {
      for (const errno of errnos) {
        for (let when = 1; await this.#meets({ syscall, effect: `error=${errno}`, when }, scenario); when += 1);
      }
    }
  }

  /** After a start anew, which frees the locks that could not be given back. */
  async expectAllToOpen(): Promise<void> {
    await this.#gateway.kill();
    await this.#gateway.startAgain();
    for (const { fault, maildrop } of this.sessions) assert.ok(await maildrop.opens(), JSON.stringify(fault));
  }

  async #meets(fault: Fault, { deletes, prepare }: Scenario): Promise<boolean> {
    const maildrop = new FaultedMaildrop(this.#gateway, `user${this.#users++}`);
    prepare(maildrop);
    const { pid } = this.#gateway;
    try {
      let areGone = false;
      const met = await underFault(this.#t, pid, { fault, paths: maildrop.pathsOf(pid) }, async () => {
        const quit = await maildrop.session(deletes);
        areGone = quit?.ok === true && deletes.length > 0;
      });
      maildrop.expectNothingLost(areGone);
      await maildrop.opens();
      maildrop.expectNothingLost(areGone);
      if (met > 0) this.sessions.push({ fault, maildrop });
      return met > 0;
    } catch (cause) {
      throw new Error(JSON.stringify(fault), { cause });
    }
  }
}
