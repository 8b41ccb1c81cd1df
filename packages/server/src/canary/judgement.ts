// When a maildrop is another one: its folders are not those that were known, AND most of the messages that were known are missing.

import type { FolderIdentity, MaildirFolders } from "@postigo/storage";
import type { CanaryRecord } from "./canary-record.js";
import type { Sample } from "./sample.js";

export interface CanaryThresholds {
  /** A maildrop that held fewer messages is let pass: little would be fetched again. */
  readonly least: number;
  /** Percent of the known messages that must be missing. */
  readonly missing: number;
}

export type Judgement =
  | { readonly type: "familiar" }
  /** `known`: messages that were there; `missing`: percent of them. */
  | { readonly type: "changed"; readonly known: number; readonly missing: number };

export const FAMILIAR: Judgement = { type: "familiar" };

/** What was known, and what of its sample is still there. */
export interface Memory {
  readonly of: CanaryRecord;
  readonly kept: Sample;
}

/** What is found now. */
export interface Finding {
  /** undefined: the maildrop does not exist. */
  readonly folders: MaildirFolders | undefined;
  /** Of the kernel that runs now. */
  readonly bootId: string;
}

/** `second` may speak for what `first` has against: both are old in their own way, and one that knows most of the messages is enough. */
export function judge(
  [first, second]: readonly [Memory | undefined, Memory | undefined],
  finding: Finding,
  { least, missing }: CanaryThresholds,
): Judgement {
  if (first === undefined || first.of.count < least || first.of.sample.length === 0) return FAMILIAR;
  if (isSameMaildrop(first.of, finding)) return FAMILIAR;
  const share = percentMissing(first);
  if (share < missing || (second !== undefined && percentMissing(second) < missing)) return FAMILIAR;
  return { type: "changed", known: first.of.count, missing: Math.round(share) };
}

export function isSameMaildrop(before: CanaryRecord, { folders, bootId }: Finding): boolean {
  if (folders === undefined) return false;
  // A kernel numbers its devices anew when it starts, in the order in which it finds them: then the inodes speak alone.
  const areNumbersOld = before.bootId !== bootId;
  const isSame = (a: FolderIdentity, b: FolderIdentity) =>
    a.inode === b.inode && (areNumbersOld || a.device === b.device);
  return isSame(before.folders.new, folders.new) && isSame(before.folders.cur, folders.cur);
}

/** Same folders by device and inode. */
export function areSameFolders(a: MaildirFolders, b: MaildirFolders | undefined): boolean {
  if (b === undefined) return false;
  return [a.new, a.cur].every(({ device, inode }, at) => {
    const other = at === 0 ? b.new : b.cur;
    return device === other.device && inode === other.inode;
  });
}

/** Of a sample that drew nothing nothing is missing. */
function percentMissing({ of: { sample }, kept }: Memory): number {
  return sample.length === 0 ? 0 : 100 * (1 - kept.length / sample.length);
}
