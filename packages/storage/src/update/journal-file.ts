// The journal on disk: there from before the first removal until after the last word to the quota.

import { Buffer } from "node:buffer";
import type { Eventually } from "../eventually.js";
import type { MaildirSite } from "../maildir/maildir-site.js";
import type { UsageNote } from "../maildir/maildirsize.js";
import { isMissing } from "../ports/errno.js";
import { encodeJournal, encodeOver, encodeUsage, type Intent, type Journal, parseJournal } from "./journal.js";

/** Whether an update was cut off: one system call. What cannot be looked at may be one. */
export function hasJournal({ fs, root }: MaildirSite): Eventually<boolean> {
  try {
    const size = fs.sizeOf(`${root}/${JOURNAL_NAME}`);
    return size instanceof Promise ? size.then(isThere, () => true) : isThere(size);
  } catch {
    return true;
  }
}

/** `gone`: there is none. Rejects with what the file system threw. */
export async function loadJournal({ fs, root }: MaildirSite): Promise<Journal | "torn" | "foreign" | "gone"> {
  try {
    return parseJournal(await fs.readFile(`${root}/${JOURNAL_NAME}`, JOURNAL_OCTETS_MAX));
  } catch (error) {
    if (isMissing(error)) return "gone";
    throw error;
  }
}

/** On disk for good once the promise is fulfilled. Rejects with what the file system threw. */
export async function writeJournal({ fs, root }: MaildirSite, intent: Intent): Promise<void> {
  await fs.replaceFile(`${root}/${JOURNAL_NAME}`, encodeJournal(intent), { durable: true });
}

/** Whether it stands there after a fault all the same: it was put in its place, and then the folder could not be synced. */
export async function isWritten({ fs, root }: MaildirSite, intent: Intent): Promise<boolean> {
  try {
    const octets = await fs.readFile(`${root}/${JOURNAL_NAME}`, JOURNAL_OCTETS_MAX);
    return Buffer.from(encodeJournal(intent)).equals(octets);
  } catch {
    return false;
  }
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

/** Removes it, or has it say that nothing of it is left to do. Rejects with what the file system threw at the removal. */
export async function closeJournal(site: MaildirSite): Promise<void> {
  try {
    await removeJournal(site);
  } catch (error) {
    try {
      await site.fs.append(`${site.root}/${JOURNAL_NAME}`, encodeOver());
    } catch {
      // The files that it names are no more, and no others are taken for them.
    }
    throw error;
  }
}

const isThere = (size: number | undefined): boolean => size !== undefined;

export const JOURNAL_NAME = "postigo.journal";
/** A million messages with names of usual length. */
const JOURNAL_OCTETS_MAX = 160 * 1_048_576;
