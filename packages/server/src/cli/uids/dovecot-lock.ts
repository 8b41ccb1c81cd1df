// The lock under which Dovecot writes a dovecot-uidlist: `dovecot-uidlist.lock` beside it, a hard link to a file of the one who holds it.
//
//   content = pid ":" host
//
// It is stale when its process is dead on this host, or when it has not been touched for 120 s; Dovecot waits for it for up to 122 s and
// touches it each 10 s. Readers need no lock, but a list that is being appended to may lack its last lines: so it is read under it, which
// takes no ten seconds. Source: Dovecot, src/lib/file-dotlock.c, src/lib-storage/index/maildir/maildir-uidlist.c.

import { randomUUID } from "node:crypto";
import { linkSync, lstatSync, unlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { setTimeout as pause } from "node:timers/promises";
import { type Clock, systemClock } from "../../clock.js";
import { processState } from "../../lock/host-facts.js";
import { CommandError, EXIT, errorCode, exitCodeOfFile } from "../exit-code.js";
import { readSmallFile } from "./small-file.js";

export interface FoundLock {
  readonly path: string;
  /** For people. */
  readonly owner: string;
  readonly isStale: boolean;
  readonly inode: bigint;
}

export interface LockPatience {
  readonly clock: Clock;
  readonly waitMs: number;
}

/** Throws CommandError if the lock cannot be had. */
export const underDovecotLock = async <T>(
  uidlist: string,
  work: () => Promise<T>,
  patience: LockPatience = { clock: systemClock, waitMs: WAIT_MS },
): Promise<T> => {
  const path = `${uidlist}.lock`;
  const inode = await take(path, uidlist, patience);
  if (inode === undefined) return work();
  try {
    return await work();
  } finally {
    release(path, inode);
  }
};

/** The lock of a list as it stands now; undefined without one. */
export const lockOf = (uidlist: string, now = systemClock.now()): FoundLock | undefined => {
  const path = `${uidlist}.lock`;
  try {
    const { inode, mtimeMs, text } = readSmallFile(path);
    const [, pid = "", host = ""] = OWNER.exec(text) ?? [];
    const isDead = host === hostname() && processState(Number.parseInt(pid, 10)).type === "gone";
    const owner = pid === "" ? "an unknown process" : `process ${pid} on ${host}`;
    return { path, owner, isStale: isDead || now - mtimeMs > STALE_MS, inode };
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    throw unusable(path, error);
  }
};

/** The inode of the lock that was made; undefined where there is no folder for it, so nothing to lock either. */
const take = async (path: string, uidlist: string, { clock, waitMs }: LockPatience): Promise<bigint | undefined> => {
  const end = clock.monotonic() + waitMs;
  for (;;) {
    const made = make(path);
    if (made !== "taken") return made;
    const found = lockOf(uidlist, clock.now());
    // Each way round ends: a stale lock is gone, or a while of the time there is.
    if (found?.isStale && removeStale(found, uidlist)) continue;
    if (clock.monotonic() >= end) {
      const owner = found?.owner ?? "one process after another";
      throw new CommandError(EXIT.unavailable, `${path} is held by ${owner}; stop Dovecot and say --stopped`);
    }
    await pause(STEP_MS);
  }
};

/** Under a name that nobody has: what a killed process has left, or a namesake in another container holds, is not taken for the lock. */
const make = (path: string): bigint | "taken" | undefined => {
  const own = `${path}.${hostname()}.${process.pid}.${randomUUID()}`;
  try {
    writeFileSync(own, `${process.pid}:${hostname()}`, { flag: "wx", mode: 0o600 });
    try {
      linkSync(own, path);
      return lstatSync(own, { bigint: true }).ino;
    } finally {
      unlinkSync(own);
    }
  } catch (error) {
    if (errorCode(error) === "ENOENT") return undefined;
    if (errorCode(error) === "EEXIST") return "taken";
    throw unusable(path, error);
  }
};

/** Looks once more right before: a lock that another has taken over meanwhile is not this one, and stays. */
const removeStale = ({ path, inode }: FoundLock, uidlist: string): boolean => {
  const again = lockOf(uidlist);
  const isThis = again?.isStale === true && again.inode === inode;
  if (isThis) removeIfThere(path);
  return isThis;
};

/** A lock that is not ours any more, since it was taken for stale, is left. */
const release = (path: string, inode: bigint): void => {
  if (lstatSync(path, { bigint: true, throwIfNoEntry: false })?.ino === inode) removeIfThere(path);
};

const removeIfThere = (path: string): void => {
  try {
    unlinkSync(path);
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw unusable(path, error);
  }
};

const unusable = (path: string, error: unknown): unknown => {
  const code = errorCode(error);
  if (code === undefined) return error;
  return new CommandError(exitCodeOfFile(error), `${path} cannot be used (${code}); see what it is, and remove it`);
};

const OWNER = /^(\d{1,9}):([^:\s]+)/;
const STALE_MS = 120_000;
const WAIT_MS = 122_000;
const STEP_MS = 50;
