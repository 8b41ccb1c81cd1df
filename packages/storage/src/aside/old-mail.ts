// Which messages of a maildrop were delivered before a moment, beyond doubt: what is old goes for ever (ADR 0084).
//
// A message is as old as the order of the listing has it, by its name or else by the mtime of its file, and no older than its file
// shows: a file that was written later has come later, whatever it is called. Where the name tells no time the mtime may be one that
// was copied along with the mail (`cp -p`, `rsync -a`): then the ctime, which nobody can set, has to be as old.

import { deliveryTimeOf } from "../maildir/delivery-time.js";
import type { MaildirSite } from "../maildir/maildir-site.js";
import { isDropped, nameAt, pathAt } from "../maildir/message-names.js";
import { scanMaildir } from "../maildir/scan.js";
import type { MessageTable } from "../maildrop.js";
import { errnoOf } from "../ports/errno.js";
import type { FileStatus } from "../ports/file-system.js";

/** Paths below the maildrop, in no order. `before`: milliseconds since 1970. Rejects with what the file system threw. */
export async function mailBefore(site: MaildirSite, before: number): Promise<readonly string[]> {
  const { fs, root } = site;
  const { names } = await scanMaildir(fs, root);
  const old: string[] = [];
  for (let row = 0; row < names.count; row++) {
    if (isDropped(names, row)) continue;
    const path = pathAt(names, row);
    const named = deliveryTimeOf(nameAt(names, row));
    if (named < before * 1000 && (await shownTime(site, path)) < before) old.push(path);
    await fs.yieldIfDue();
  }
  return old;
}

export interface AgeSearch {
  /** Milliseconds since 1970. */
  readonly before: number;
  /** Messages that are found at most. */
  readonly most: number;
  /** Files that are looked at at most. */
  readonly looks: number;
}

/**
 * Positions in `table`, the listing of the maildrop at `site`, ascending. Only files of messages that the listing has as old are looked
 * at; what was seen of them is remembered as long as the table is, so that they are not looked at again at each login. Never rejects
 * for what a disk can do.
 */
export async function oldMessages(
  site: MaildirSite,
  table: MessageTable,
  { before, most, looks }: AgeSearch,
): Promise<readonly number[]> {
  const search = searchFrom(table, before);
  const found: number[] = [];
  for (let looked = 0; search.next < table.count && found.length < most; search.next++) {
    let time = table.deliveredAt(search.next);
    if (time < before) {
      if (looked++ === looks) break;
      time = Math.max(time, await shownTime(site, table.pathAt(search.next)));
    }
    if (time < before) found.push(search.next);
    search.oldest = Math.min(search.oldest, time);
    const pause = site.fs.yieldIfDue();
    if (pause) await pause;
  }
  return found;
}

/** How far a table has been gone through; what was passed is no older than `oldest`. */
interface Search {
  next: number;
  oldest: number;
}

function searchFrom(table: MessageTable, before: number): Search {
  const known = SEARCHES.get(table);
  if (known !== undefined && before <= known.oldest) return known;
  const search = { next: 0, oldest: Number.POSITIVE_INFINITY };
  SEARCHES.set(table, search);
  return search;
}

/** Of what cannot be looked at nothing is known: it is not old. */
async function shownTime({ fs, root }: MaildirSite, path: string): Promise<number> {
  try {
    const status = await fs.lstat(`${root}/${path}`);
    return status === undefined ? Number.POSITIVE_INFINITY : latestChange(path, status);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return Number.POSITIVE_INFINITY;
  }
}

function latestChange(path: string, { mtimeNs, ctimeNs }: FileStatus): number {
  const isNamed = deliveryTimeOf(path.slice("new/".length)) >= 0;
  return Number((isNamed || mtimeNs > ctimeNs ? mtimeNs : ctimeNs) / 1_000_000n);
}

const SEARCHES = new WeakMap<MessageTable, Search>();
