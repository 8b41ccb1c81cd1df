// The names of the messages of a maildrop, without a look into the messages.

import { baseLengthOf } from "../maildir/file-name.js";
import { isDropped, nameAt, uniqueNameAt } from "../maildir/message-names.js";
import { scanMaildir } from "../maildir/scan.js";
import type { FileSystem } from "../ports/file-system.js";

/** One latin-1 character an octet. */
export interface MessageName {
  readonly uniqueName: string;
  /** All before the info: the unique name and the fields behind it. */
  readonly baseName: string;
}

/** Throws what the file system threw when new/ or cur/ cannot be listed. Looks twice: one look may miss what is being renamed. */
export async function messageNamesOf(fs: FileSystem, root: string): Promise<readonly MessageName[]> {
  const scan = await scanMaildir(fs, root);
  await scan.pass(fs, root);
  const found: MessageName[] = [];
  for (let row = 0; row < scan.names.count; row++) {
    if (isDropped(scan.names, row)) continue;
    const name = nameAt(scan.names, row);
    found.push({ uniqueName: uniqueNameAt(scan.names, row), baseName: name.slice(0, baseLengthOf(name)) });
  }
  return found;
}
