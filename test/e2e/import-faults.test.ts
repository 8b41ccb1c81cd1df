// Each file call of an import fails in turn, or is the last of the process: postigo.uids is not there, or whole and right; the
// same command, given again, does the rest.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { callsWithin, ERRNOS, type Fault, runWithFault } from "../support/fault-injector.js";
import { IMPORTED, idOf, MESSAGES, nameOf } from "../support/faulted-maildrop.js";
import { GatewayProcess, POSTIGO } from "../support/gateway-process.js";
import { numberedMessage } from "../support/maildir-fixture.js";
import { run } from "../support/real-client.js";
import { needsStrace } from "../support/strace.js";

test(
  "a fault at any file call of an import: postigo.uids is absent, and the exit code says so, or right",
  needsStrace(),
  async (t) => {
    const place = await Place.make(t);
    const faults = place.calls.flatMap((call) =>
      (ERRNOS[call.syscall] ?? []).map((errno) => ({ ...call, effect: `error=${errno}` })),
    );
    let hits = 0;
    for (const fault of faults) hits += await place.importUnder(fault);
    assert.ok(hits >= faults.length / 2, `of ${faults.length} faults ${hits} met the import`);
  },
);

test(
  "kill -9 at any file call of an import that changes the disk: postigo.uids is absent or right",
  needsStrace(),
  async (t) => {
    const place = await Place.make(t);
    const outcomes = new Set<string>();
    for (const call of place.calls.filter(({ syscall }) => CHANGING.has(syscall))) {
      await place.importUnder({ ...call, effect: "signal=KILL" });
      outcomes.add(place.lastOutcome);
    }
    assert.deepEqual([...outcomes].sort(), ["absent", "imported"]);
  },
);

class Place {
  calls: readonly Fault[] = [];
  lastOutcome: "absent" | "imported" = "absent";
  readonly #t: TestContext;
  readonly #path: string;
  readonly #command: readonly string[];
  #expected = Buffer.alloc(0);

  private constructor(t: TestContext, gateway: GatewayProcess) {
    this.#t = t;
    this.#path = gateway.maildirPath();
    const words = ["uids", "import", "alice", "--from", "courier", "--config", gateway.configurationFile];
    this.#command = [process.execPath, POSTIGO, ...words];
  }

  /** A maildrop with what Courier has left in it; the calls of an import that meets no fault. */
  static async make(t: TestContext): Promise<Place> {
    const gateway = await GatewayProcess.start(t, { configuration: { lock: { wait: "0s" } } });
    await gateway.stop();
    const maildir = gateway.maildir();
    for (const message of MESSAGES) maildir.add({ what: "", name: nameOf(message), octets: numberedMessage(message) });
    const lines = IMPORTED.map((message) => `${nameOf(message)} 200 ${message}:1600000000:0\n`);
    writeFileSync(join(maildir.path, "courierpop3dsizelist"), `/3 9 1600000000\n${lines.join("")}`);
    const place = new Place(t, gateway);
    place.calls = await callsWithin(t, place.#path, place.#command);
    place.#expected = readFileSync(place.#uids);
    for (const message of IMPORTED) assert.ok(place.#expected.includes(`${idOf(message)} ${nameOf(message)}`));
    return place;
  }

  /** How many calls in the maildrop the fault met. */
  async importUnder(fault: Fault): Promise<number> {
    for (const name of this.#ownFiles()) rmSync(join(this.#path, name));
    const before = this.#mail();
    const { status, hits } = await runWithFault(this.#t, { folder: this.#path, command: this.#command, fault });
    const what = `${JSON.stringify(fault)}, exit code ${status}`;
    this.lastOutcome = existsSync(this.#uids) ? "imported" : "absent";
    if (this.lastOutcome === "absent") {
      assert.notEqual(status, 0, `${what}: nothing was imported`);
      // What is left behind is the same for each errno.
      if (ONCE.has(fault.effect)) await this.#importAgain(what);
    }
    if (existsSync(this.#uids)) assert.deepEqual(readFileSync(this.#uids), this.#expected, what);
    assert.deepEqual(this.#mail(), before, what);
    return hits;
  }

  async #importAgain(what: string): Promise<void> {
    const [program = "", ...words] = this.#command;
    const { status, stderr } = await run(program, words);
    assert.equal(status, 0, `${what}; then ${stderr}`);
    assert.ok(existsSync(this.#uids), what);
  }

  get #uids(): string {
    return join(this.#path, "postigo.uids");
  }

  #ownFiles(): string[] {
    return readdirSync(this.#path).filter((name) => name.startsWith("postigo."));
  }

  #mail(): string[] {
    return ["new", "cur"].flatMap((folder) => readdirSync(join(this.#path, folder)));
  }
}

const ONCE: ReadonlySet<string> = new Set(["error=EIO", "signal=KILL"]);
const CHANGING: ReadonlySet<string> = new Set(["openat", "write", "fsync", "link", "rename", "unlink"]);
