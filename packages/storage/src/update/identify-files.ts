// Which file a message is: a name may be given to another one, by a restored backup or by an IMAP client that puts mail back.
//
// An inode number alone is given anew soon after its file has gone; the moment of birth is not. No change of flags touches either,
// and a copy has others.

import { pursue } from "../message/pursuit.js";
import type { SessionView } from "../message/session-view.js";
import { isMissing } from "../ports/errno.js";
import type { FileStatus } from "../ports/file-system.js";

export interface IdentifiedFiles {
  /** By position. */
  readonly files: ReadonlyMap<number, string>;
  /** Others had removed them. */
  readonly gone: ReadonlySet<number>;
}

/** `inode.born` as the journal has it. Where no birth is known the mtime has to do, which nobody changes but who copies. */
export function fileIdOf({ inode, bornNs, mtimeNs }: FileStatus): string {
  return `${inode}.${BigInt.asUintN(64, bornNs > 0n ? bornNs : mtimeNs)}`;
}

/** Finds the messages, wherever they are now; what cannot be looked at is neither identified nor gone. Never rejects for what a disk can do. */
export async function identifyFiles(view: SessionView, positions: readonly number[]): Promise<IdentifiedFiles> {
  const files = new Map<number, string>();
  const identify = async (position: number): Promise<"done" | "missing"> => {
    try {
      const status = await view.parts.fs.lstat(view.filePathAt(position));
      if (status?.kind !== "file") return "missing";
      files.set(position, fileIdOf(status));
      return "done";
    } catch (cause) {
      return isMissing(cause) ? "missing" : "done";
    }
  };
  try {
    const { gone } = await pursue(view, positions, identify);
    return { files, gone: new Set(gone) };
  } catch {
    // new/ or cur/ cannot be listed: who removes the messages meets it again, and names it.
    return { files, gone: new Set() };
  }
}
