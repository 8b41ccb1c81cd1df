import assert from "node:assert/strict";
import { type Dirent, writeFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { errnoError } from "#storage/ports/errno";
import { NodeListing } from "#storage/ports/node-listing";
import { Pace } from "#storage/ports/pace";
import { PoolShares } from "#storage/ports/pool-shares";
import { RootPool } from "#storage/ports/root-pool";
import { temporaryDirectory } from "../support/maildir-builder.js";
import { IO_MODES } from "../support/maildrop-fixture.js";

const FILE = { name: "m00001", isFile: () => true, isDirectory: () => false, isSymbolicLink: () => false } as Dirent;

/** A folder whose listing gives one file and then fails. */
class FailingFolder {
  closings = 0;
  readonly #error: Error;
  #hasGiven = false;

  constructor(error: Error) {
    this.#error = error;
  }

  readSync(): Dirent | null {
    if (this.#hasGiven) throw this.#error;
    this.#hasGiven = true;
    return FILE;
  }

  async read(): Promise<Dirent | null> {
    return this.readSync();
  }

  async close(): Promise<void> {
    this.closings += 1;
  }

  closeSync(): void {
    this.closings += 1;
  }
}

for (const io of IO_MODES) {
  const monotonic = () => 0;
  const pace = new Pace({ io, remote: false, monotonic, processorWait: () => undefined });
  const ways = { pace, pool: new RootPool({ lane: new PoolShares().lane(), pace, monotonic }) };

  test(`${io}: an entry that goes while node asks for its kind does not hide the others: all come as unknown`, async (t) => {
    const folder = temporaryDirectory(t);
    const names = Array.from({ length: 1_500 }, (_, index) => `m${String(index).padStart(5, "0")}`);
    for (const name of names) writeFileSync(join(folder, name), "");
    const failing = new FailingFolder(errnoError("ENOENT", "lstat", `${folder}/gone`));
    const listing = new NodeListing(folder, failing, ways);
    const seen: string[] = [];
    for (let slice = await listing.next(); slice.length > 0; slice = await listing.next()) {
      assert.ok(slice.length <= 1024);
      for (const { name, kind } of slice) {
        assert.equal(kind, "unknown");
        seen.push(name);
      }
    }
    assert.deepEqual(seen.sort(), names);
    listing.close();
    assert.equal(failing.closings, 1);
  });

  test(`${io}: any other failure ends the listing`, async (t) => {
    const failing = new FailingFolder(errnoError("EIO", "scandir", "/x"));
    const listing = new NodeListing(temporaryDirectory(t), failing, ways);
    await assert.rejects(async () => await listing.next(), { code: "EIO" });
    assert.deepEqual(await listing.next(), []);
    assert.equal(failing.closings, 1);
  });
}
