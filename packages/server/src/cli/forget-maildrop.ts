// What Postigo keeps in one maildrop, removed under its lock: each file with what became of it, and why.

import { join } from "node:path";
import { listOwnFiles, type MaildirSite, type OwnFile, removeOwnFile } from "@postigo/storage";
import { systemClock } from "../clock.js";
import type { Config } from "../config/config.js";
import { readHostFacts } from "../lock/host-facts.js";
import { clearLockLeftovers, type LockLeftover } from "../lock/leftovers.js";
import { LockDisk } from "../lock/lock-disk.js";
import { lockPlace } from "../lock/lock-place.js";
import { errorCode } from "./exit-code.js";
import type { UserMaildrop, UserMaildrops } from "./user-maildrops.js";
import { createUserStore, finishCutOffUpdate, openOptionsOf, siteOf } from "./user-store.js";

export interface ForgottenFile {
  /** Path of a file in `lock.directory`, else its name in the maildrop. */
  readonly file: string;
  readonly octets: number;
  /** `left`: it was to go, and stands in the way of that. */
  readonly result: "removed" | "kept" | "left" | "failed";
  /** Empty for what was removed. */
  readonly why: string;
}

export interface ForgetOptions {
  readonly uids: boolean;
}

/** Throws CommandError if the maildrop cannot be locked or listed. */
export const forgetMaildrop = (
  maildrops: UserMaildrops,
  maildrop: UserMaildrop,
  options: ForgetOptions,
): Promise<readonly ForgottenFile[]> =>
  maildrops.underLock(maildrop, async (mayGoOn) => {
    const site = await siteOf(maildrops, maildrop);
    await finishUpdate(maildrops, maildrop, { site, mayGoOn });
    const files: ForgottenFile[] = [];
    for (const file of await listOwnFiles(site)) files.push(await forgetFile(site, file, options));
    return [...files, ...(await forgetLocks(maildrop.path, maildrops.config))];
  });

/** What a client deleted before a crash is removed first: its journal is not to be dropped, nor to be left. */
const finishUpdate = async (
  maildrops: UserMaildrops,
  maildrop: UserMaildrop,
  { site, mayGoOn }: { readonly site: MaildirSite; readonly mayGoOn: () => boolean },
): Promise<void> => {
  if (!(await listOwnFiles(site)).some(({ kind }) => kind === "journal")) return;
  // What goes wrong leaves the journal where it is, which is told.
  const store = createUserStore(maildrops, () => undefined);
  await finishCutOffUpdate(store, maildrop.path, openOptionsOf(maildrops, maildrop, mayGoOn));
  await store.flush();
};

const forgetFile = async (site: MaildirSite, file: OwnFile, options: ForgetOptions): Promise<ForgottenFile> => {
  const about = { file: file.name, octets: file.octets };
  const reason = file.isGenuine ? reasonToKeep(file, options) : STRANGER;
  if (reason !== undefined) return { ...about, ...reason };
  try {
    await removeOwnFile(site, file);
    return { ...about, result: "removed", why: "" };
  } catch (error) {
    const code = errorCode(error);
    if (code === undefined) throw error;
    if (code === "ENOTEMPTY" || code === "EEXIST") return { ...about, ...HELD };
    return { ...about, result: "failed", why: code };
  }
};

const reasonToKeep = (
  { kind }: OwnFile,
  { uids }: ForgetOptions,
): Pick<ForgottenFile, "result" | "why"> | undefined => {
  switch (kind) {
    case "cache":
    case "temporary":
    case "held":
      return undefined;
    case "unique-ids":
      return uids ? undefined : IMPORTED;
    case "journal":
      return UNFINISHED;
  }
};

const STRANGER = { result: "left", why: "something else has taken this name" } as const;
const IMPORTED = {
  result: "kept",
  why: "imported unique-ids; --uids removes them, and clients fetch that mail again",
} as const;
const UNFINISHED = { result: "left", why: "an update was cut off, and could not be finished now" } as const;
const HELD = {
  result: "left",
  why: "holds deleted mail; undelete brings it back, expire --held-before ends it",
} as const;

const forgetLocks = async (path: string, { lock }: Config): Promise<readonly ForgottenFile[]> => {
  const disk = new LockDisk();
  const place = await lockPlace(disk, path, lock.directory);
  const judge = { clock: systemClock, staleMs: lock.staleMs, here: readHostFacts() };
  const leftovers = await clearLockLeftovers(disk, place, judge);
  return leftovers.map((leftover) => lockRow(leftover, lock.directory));
};

const lockRow = ({ name, fate, owner }: LockLeftover, directory: string | undefined): ForgottenFile => {
  const file = directory === undefined ? name : join(directory, name);
  const whose = owner === undefined ? "nothing proves its owner dead yet" : `of process ${owner.pid} on ${owner.host}`;
  return { file, octets: 0, result: fate, why: fate === "removed" ? "" : `${whose}; goes by itself` };
};
