// The journal on disk: there from before the first removal until after the last word to the quota.

import type { Eventually } from "../eventually.js";
import type { MaildirSite } from "../maildir/maildir-site.js";
import type { UsageNote } from "../maildir/maildirsize.js";
import { isMissing } from "../ports/errno.js";
import { encodeJournal, encodeUsage, type Journal, parseJournal } from "./journal.js";

/** Whether an update was cut off, as far as can be told: one system call. What cannot be looked at is for the listing to meet. */
export function hasJournal({ fs, root }: MaildirSite): Eventually<boolean> {
  try {
    const size = fs.sizeOf(`${root}/${JOURNAL_NAME}`);
    return size instanceof Promise ? size.then(isThere, () => false) : isThere(size);
  } catch {
    return false;
  }
}

/** undefined: it is no whole journal, so nothing had been removed yet. Rejects with what the file system threw. */
export async function loadJournal({ fs, root }: MaildirSite): Promise<Journal | undefined> {
  return parseJournal(await fs.readFile(`${root}/${JOURNAL_NAME}`, JOURNAL_OCTETS_MAX));
}

/** On disk for good once the promise is fulfilled. Rejects with what the file system threw. */
export async function writeJournal({ fs, root }: MaildirSite, journal: Omit<Journal, "usage">): Promise<void> {
  await fs.replaceFile(`${root}/${JOURNAL_NAME}`, encodeJournal(journal), { durable: true });
}

/** Rejects with what the file system threw. */
export async function noteInJournal({ fs, root }: MaildirSite, note: UsageNote): Promise<void> {
  await fs.append(`${root}/${JOURNAL_NAME}`, encodeUsage(note));
}

/** Rejects with what the file system threw, unless it is gone. */
export async function removeJournal({ fs, root }: MaildirSite): Promise<void> {
  try {
    await fs.unlink(`${root}/${JOURNAL_NAME}`);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
}

const isThere = (size: number | undefined): boolean => size !== undefined;

export const JOURNAL_NAME = "postigo.journal";
/** A million messages with names of usual length. */
const JOURNAL_OCTETS_MAX = 160 * 1_048_576;
