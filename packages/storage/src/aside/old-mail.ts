// Which messages of a maildrop were delivered before a moment: by the time in the unique name, else by the mtime of the file, as
// they are ordered.

import { deliveryTimeOf } from "../maildir/file-name.js";
import type { MaildirSite } from "../maildir/maildir-site.js";
import { isDropped, nameAt, pathAt } from "../maildir/message-names.js";
import { scanMaildir } from "../maildir/scan.js";

/** Paths below the maildrop, in no order. `before`: milliseconds since 1970. Rejects with what the file system threw. */
export async function mailBefore(site: MaildirSite, before: number): Promise<readonly string[]> {
  const { fs, root } = site;
  const { names } = await scanMaildir(fs, root);
  const old: string[] = [];
  for (let row = 0; row < names.count; row++) {
    if (isDropped(names, row)) continue;
    const path = pathAt(names, row);
    const delivered = deliveryTimeOf(nameAt(names, row));
    const time = delivered < 0 ? await mtimeOf(site, path) : delivered / 1000;
    if (time < before) old.push(path);
    await fs.yieldIfDue();
  }
  return old;
}

/** Of what cannot be looked at nothing is known: it is not old. */
async function mtimeOf({ fs, root }: MaildirSite, path: string): Promise<number> {
  try {
    const status = await fs.lstat(`${root}/${path}`);
    return status === undefined ? Number.POSITIVE_INFINITY : Number(status.mtimeNs / 1_000_000n);
  } catch {
    return Number.POSITIVE_INFINITY;
  }
}
