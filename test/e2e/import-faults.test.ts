// Each file call of an import fails in turn, or is the last of the process: postigo.uids is not there, or whole and right; the
// same command, given again, does the rest.

import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { ERRNOS, type Fault, runUnderFault } from "../support/fault-injector.js";
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
    for (const [syscall, errnos] of Object.entries(ERRNOS)) {
      // What only looks is not told apart by its errno.
      for (const errno of CHANGING.has(syscall) ? errnos : ["EIO"]) await place.sweep(syscall, `error=${errno}`);
    }
    place.expectMet(["openat", "write", "fsync", "rename", "link", "unlink", "statx", "getdents64"]);
  },
);

test(
  "kill -9 at any file call of an import that changes the disk: postigo.uids is absent or right",
  needsStrace(),
  async (t) => {
    const place = await Place.make(t);
    for (const syscall of CHANGING) await place.sweep(syscall, "signal=KILL");
    place.expectMet([...CHANGING]);
    assert.deepEqual([...place.outcomes].sort(), ["absent", "imported"]);
  },
);

class Place {
  readonly outcomes = new Set<"absent" | "imported">();
  readonly #t: TestContext;
  readonly #path: string;
  readonly #command: readonly string[];
  readonly #met = new Set<string>();
  #expected = Buffer.alloc(0);

  private constructor(t: TestContext, gateway: GatewayProcess) {
    this.#t = t;
    this.#path = gateway.maildirPath();
    const words = ["uids", "import", "alice", "--from", "courier", "--config", gateway.configurationFile];
    this.#command = [process.execPath, POSTIGO, ...words];
  }

  /** A maildrop with what Courier has left in it; what an import makes of it that meets no fault. */
  static async make(t: TestContext): Promise<Place> {
    const gateway = await GatewayProcess.start(t, { configuration: { lock: { wait: "0s" } } });
    await gateway.stop();
    const maildir = gateway.maildir();
    for (const message of MESSAGES) maildir.add({ what: "", name: nameOf(message), octets: numberedMessage(message) });
    const lines = IMPORTED.map((message) => `${nameOf(message)} 200 ${message}:1600000000:0\n`);
    writeFileSync(join(maildir.path, "courierpop3dsizelist"), `/3 9 1600000000\n${lines.join("")}`);
    const place = new Place(t, gateway);
    await place.#import("without a fault");
    place.#expected = readFileSync(place.#uids);
    for (const message of IMPORTED) assert.ok(place.#expected.includes(`${idOf(message)} ${nameOf(message)}`));
    return place;
  }

  /** An import for each call of that kind, until one ends without meeting the fault. */
  async sweep(syscall: string, effect: string): Promise<void> {
    for (let when = 1; await this.#importUnder({ syscall, effect, when }); when += 1) this.#met.add(syscall);
  }

  expectMet(syscalls: readonly string[]): void {
    assert.deepEqual(
      syscalls.filter((syscall) => !this.#met.has(syscall)),
      [],
      "calls that met no fault",
    );
  }

  /** Whether the fault came. */
  async #importUnder(fault: Fault): Promise<boolean> {
    for (const name of this.#ownFiles()) rmSync(join(this.#path, name));
    const before = this.#mail();
    const names = ["", "new", "cur", "courierpop3dsizelist", "postigo.lock", "postigo.uids"];
    const paths = names.map((name) => join(this.#path, name));
    const replaced = this.#uids;
    const { status, isMet } = await runUnderFault(this.#t, { command: this.#command, fault, paths, replaced });
    const what = `${JSON.stringify(fault)}, exit code ${status}`;
    const isThere = existsSync(this.#uids);
    if (isMet) this.outcomes.add(isThere ? "imported" : "absent");
    if (isThere) assert.deepEqual(readFileSync(this.#uids), this.#expected, what);
    else assert.notEqual(status, 0, `${what}: nothing was imported`);
    // What is left behind is the same for each errno.
    if (isMet && ONCE.has(fault.effect)) await this.#import(what);
    if (existsSync(this.#uids)) assert.deepEqual(readFileSync(this.#uids), this.#expected, what);
    assert.deepEqual(this.#mail(), before, what);
    return isMet;
  }

  async #import(what: string): Promise<void> {
    const [program = "", ...words] = this.#command;
    const { status, stderr } = await run(program, words);
    assert.equal(status, 0, `import, ${what}: ${stderr}`);
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

const CHANGING: ReadonlySet<string> = new Set(["openat", "write", "fsync", "link", "rename", "unlink"]);
const ONCE: ReadonlySet<string> = new Set(["error=EIO", "signal=KILL"]);
