// Some programs leave a message in new/ and cur/, or in cur/ under two sets of flags: files with one unique name, of which one is
// listed. If the others were left behind, a removed message would come back under its unique-id. They go before it, and only if
// they hold the same octets: a different mail under the same name is nobody's to remove (ADR 0062).

import { uniqueNameOf } from "../maildir/file-name.js";
import type { RemovalReport, RemovedMessage } from "../maildrop.js";
import { isMissing } from "../ports/errno.js";
import type { FileSystem } from "../ports/file-system.js";
import type { SessionView } from "./session-view.js";

/** The copies that were removed, and the messages of which one could not be. `positions` are those that may be removed then. */
export interface CopyRemoval extends RemovalReport {
  readonly positions: readonly number[];
}

export async function removeCopies(
  view: SessionView,
  positions: readonly number[],
  mayGoOn: () => boolean,
): Promise<CopyRemoval> {
  const removed: RemovedMessage[] = [];
  const failed: { position: number; cause: unknown }[] = [];
  for (const position of new Set(positions)) {
    try {
      for (const path of copiesOf(view, position)) {
        if (mayGoOn() && (await removeCopy(view, position, path))) removed.push({ position, path, how: "unlinked" });
      }
    } catch (cause) {
      failed.push({ position, cause });
    }
  }
  const kept = new Set(failed.map(({ position }) => position));
  return { removed, failed, positions: positions.filter((position) => !kept.has(position)) };
}

/** Paths of the other files of its unique name. */
function copiesOf(view: SessionView, position: number): readonly string[] {
  const path = view.pathAt(position);
  const paths = view.parts.copies?.get(uniqueNameOf(path)) ?? [];
  return paths.filter((other) => other !== path);
}

/** Whether it was there, was the same and is gone. */
async function removeCopy(view: SessionView, position: number, path: string): Promise<boolean> {
  const { fs, root } = view.parts;
  const copy = `${root}/${path}`;
  try {
    if (!(await isSameMail(fs, view.filePathAt(position), copy))) return false;
    await fs.unlink(copy);
    return true;
  } catch (error) {
    // One of them has moved: the message is looked for anyhow, and a copy may be found at the next login.
    if (isMissing(error)) return false;
    throw error;
  }
}

async function isSameMail(fs: FileSystem, one: string, other: string): Promise<boolean> {
  const [first, second] = [await fs.lstat(one), await fs.lstat(other)];
  if (first?.kind !== "file" || second?.kind !== "file") return false;
  if (first.device === second.device && first.inode === second.inode) return true;
  return first.size === second.size && (await haveSameOctets(fs, one, other));
}

async function haveSameOctets(fs: FileSystem, one: string, other: string): Promise<boolean> {
  const first = await fs.openRead(one);
  try {
    const second = await fs.openRead(other);
    try {
      return await readAlike(fs, first, second);
    } finally {
      fs.close(second);
    }
  } finally {
    fs.close(first);
  }
}

async function readAlike(fs: FileSystem, first: number, second: number): Promise<boolean> {
  const [here, there] = [Buffer.alloc(CHUNK), Buffer.alloc(CHUNK)];
  for (let position = 0; ; ) {
    const length = await fs.read(first, here, position);
    // Short reads end at different places on some file systems: then the files count as different, which loses nothing.
    if ((await fs.read(second, there, position)) !== length) return false;
    if (!here.subarray(0, length).equals(there.subarray(0, length))) return false;
    if (length === 0) return true;
    position += length;
    await fs.yieldIfDue();
  }
}

const CHUNK = 65_536;
