import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import * as fs from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { createFileSystem } from "#storage/ports/node-file-system";
import { Later } from "#storage/ports/node-later";
import { octetPath } from "#storage/ports/octet-path";
import { Pace } from "#storage/ports/pace";
import { PoolShares } from "#storage/ports/pool-shares";
import { replaceFile } from "#storage/ports/replace-file";
import { RootPool } from "#storage/ports/root-pool";
import { StorageError } from "#storage/storage-error";
import { encodeImportedIds, type ImportedId } from "#storage/uid/imported-ids";
import { loadImportedIds, saveImportedIds } from "#storage/uid/imported-ids-file";
import { Crash, FaultyFileSystem, failAt, failEach } from "../support/faulty-file-system.js";
import { temporaryDirectory } from "../support/maildir-builder.js";
import { disk } from "../support/store-fixture.js";

const OLD: readonly ImportedId[] = [{ uniqueName: "1.a", uniqueId: "OLD", order: undefined }];
const NEW: readonly ImportedId[] = [{ uniqueName: "1.a", uniqueId: "NEW", order: 4 }];

const isRefused = (error: unknown): boolean => error instanceof StorageError && error.code === "UIDS_UNREADABLE";

for (const io of ["sync", "async"] as const) {
  const files = createFileSystem({ io });

  test(`what is saved is loaded, and nothing else is left behind (${io})`, async (t) => {
    const root = octetPath(temporaryDirectory(t));
    assert.equal(await loadImportedIds(files, root), undefined);
    await saveImportedIds(files, root, OLD);
    await saveImportedIds(files, root, NEW);
    assert.deepEqual(await loadImportedIds(files, root), { entries: NEW, problems: [], refusal: undefined });
    assert.deepEqual(fs.readdirSync(root), ["postigo.uids"]);
    assert.equal(fs.statSync(join(root, "postigo.uids")).mode & 0o777, 0o600);
  });

  test(`a symlink, a FIFO, a directory, a broken or a huge file is refused, not followed, not waited for (${io})`, async (t) => {
    const root = octetPath(temporaryDirectory(t));
    const path = join(root, "postigo.uids");
    fs.writeFileSync(join(root, "elsewhere"), encodeImportedIds(OLD));
    const places: readonly (() => void)[] = [
      () => fs.symlinkSync(join(root, "elsewhere"), path),
      () => execFileSync("mkfifo", [path]),
      () => fs.mkdirSync(path),
      () => fs.writeFileSync(path, "garbage"),
      () => {
        fs.writeFileSync(path, "");
        fs.truncateSync(path, 200 * 1_048_576);
      },
    ];
    for (const put of places) {
      fs.rmSync(path, { recursive: true, force: true });
      put();
      await assert.rejects(loadImportedIds(files, root), isRefused);
    }
  });
}

test("a fault of the disk is told with its cause: what cannot be read is not taken for nothing", async (t) => {
  const root = octetPath(temporaryDirectory(t));
  await saveImportedIds(disk, root, OLD);
  for (const errno of ["EIO", "EACCES", "EMFILE"]) {
    const failing = new FaultyFileSystem(disk, failAt(0, errno));
    await assert.rejects(loadImportedIds(failing, root), (error) => {
      return isRefused(error) && String((error as StorageError).cause).includes(errno);
    });
  }
  const saving = saveImportedIds(new FaultyFileSystem(disk, failEach("replaceFile", "ENOSPC")), root, NEW);
  await assert.rejects(saving, { name: "StorageError", code: "UIDS_NOT_SAVED" });
  assert.deepEqual((await loadImportedIds(disk, root))?.entries, OLD);
});

/** The calls that a replacement makes, the process dying right before the one with this index. */
function dyingLater(index: number): { readonly later: Later; readonly calls: string[] } {
  const monotonic = (): number => 0;
  const pace = new Pace({ io: "async", remote: false, monotonic, processorWait: () => 0 });
  const inner = new Later(new RootPool({ lane: new PoolShares().lane(), pace, monotonic }));
  const calls: string[] = [];
  const later = new Proxy(inner, {
    get:
      (_, method: keyof Later) =>
      (...args: never[]) => {
        calls.push(method);
        if (calls.length > index) throw new Crash(`before ${method}`);
        return (inner[method] as (...args: never[]) => unknown).apply(inner, args);
      },
  });
  return { later, calls };
}

test("killed between any two calls of a save, the old file or the new stands there, and the next save succeeds", async (t) => {
  let seen = "";
  for (let index = 0; ; index++) {
    const root = octetPath(temporaryDirectory(t));
    await saveImportedIds(disk, root, OLD);
    const { later, calls } = dyingLater(index);
    const saving = replaceFile(later, { path: `${root}/postigo.uids`, octets: encodeImportedIds(NEW), durable: true });
    const isDone = await saving.then(
      () => true,
      (error: unknown) => {
        assert.ok(error instanceof Crash);
        return false;
      },
    );
    const id = (await loadImportedIds(disk, root))?.entries[0]?.uniqueId ?? "none";
    assert.ok(id === "OLD" || id === "NEW", `${id}, killed before call ${index}`);
    seen += id[0];
    await saveImportedIds(disk, root, NEW);
    assert.equal((await loadImportedIds(disk, root))?.entries[0]?.uniqueId, "NEW");
    if (!isDone) continue;
    assert.deepEqual(calls, ["open", "write", "fsync", "close", "rename", "open", "fsync", "close"]);
    assert.match(seen, /^OOOOON+$/);
    return;
  }
});
