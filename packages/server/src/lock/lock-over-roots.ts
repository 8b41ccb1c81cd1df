// The lock of a spool of several storage roots: its files are reached as the root allows that they lie on.

import { octetPath, type StorageRoot, type StorageRoots } from "@postigo/storage";
import { andThen } from "./and-then.js";
import { createMaildropLock, type MaildropLockOptions } from "./create-maildrop-lock.js";
import { LockDisk } from "./lock-disk.js";
import { nodeLockIo } from "./lock-io.js";
import type { MaildropLock } from "./maildrop-lock.js";

export interface LockOverRootsOptions extends Omit<MaildropLockOptions, "diskAt" | "host"> {
  readonly roots: StorageRoots<StorageRoot>;
}

export function createLockOverRoots({ roots, ...options }: LockOverRootsOptions): MaildropLock {
  const disks = new WeakMap<StorageRoot, LockDisk>();
  const diskOf = (root: StorageRoot): LockDisk => {
    const disk = disks.get(root) ?? new LockDisk(nodeLockIo, (now, later) => root.call(now, later));
    disks.set(root, disk);
    return disk;
  };
  return createMaildropLock({ ...options, diskAt: (path) => andThen(() => roots.of(octetPath(path)), diskOf) });
}
