// Messages that were retrieved get the flag S and go from new/ to cur/, as an IMAP server would do it: `new/X` becomes
// `cur/X:2,S`, `cur/X:2,F` becomes `cur/X:2,FS` (ADR 0016). Best effort: a message that cannot be marked stays as it is.

import { flagsOf, withSeenFlag } from "../maildir/file-name.js";
import { isMissing } from "../ports/errno.js";
import { StorageError } from "../storage-error.js";
import { pursue } from "./pursuit.js";
import type { SessionView } from "./session-view.js";

/** As Maildrop.markRetrieved. Reports the first fault to `onTrouble`. */
export async function markRetrieved(view: SessionView, positions: readonly number[]): Promise<void> {
  const { root, onTrouble } = view.parts;
  let fault: unknown;
  try {
    await pursue(view, await unmarkedAmong(view, positions), async (position) => {
      try {
        return await mark(view, position);
      } catch (error) {
        fault ??= error;
        return "done";
      }
    });
  } catch (error) {
    fault ??= error;
  }
  if (fault !== undefined) onTrouble?.(new StorageError("MARK_FAILED", root, fault));
}

/**
 * Most of what a client that leaves its mail here retrieves again is marked: that is told by the name alone, and without a
 * promise for each message.
 */
async function unmarkedAmong(view: SessionView, positions: readonly number[]): Promise<readonly number[]> {
  const unmarked = new Set<number>();
  for (const [index, position] of positions.entries()) {
    const path = view.pathAt(position);
    if ((markedPath(path) ?? path) !== path) unmarked.add(position);
    if (index % NAMES_A_SLICE === NAMES_A_SLICE - 1) await view.parts.fs.yieldIfDue();
  }
  return [...unmarked];
}

async function mark(view: SessionView, position: number): Promise<"done" | "missing"> {
  const { fs, root } = view.parts;
  const path = view.pathAt(position);
  const marked = markedPath(path);
  if (marked === undefined || marked === path) return "done";
  try {
    const status = await fs.lstat(`${root}/${path}`);
    if (status === undefined) return "missing";
    // rename(2) replaces what stands under the new name: a file there is somebody's mail.
    if (status.kind !== "file" || (await fs.lstat(`${root}/${marked}`)) !== undefined) return "done";
    await fs.rename(`${root}/${path}`, `${root}/${marked}`);
    view.movedTo(position, marked);
    return "done";
  } catch (error) {
    if (isMissing(error)) return "missing";
    throw error;
  }
}

/** undefined if the name has an info we cannot read: it is not ours to change. */
function markedPath(path: string): string | undefined {
  const name = withSeenFlag(path.slice("new/".length));
  return flagsOf(name).includes("S") ? `cur/${name}` : undefined;
}

const NAMES_A_SLICE = 1_000;
