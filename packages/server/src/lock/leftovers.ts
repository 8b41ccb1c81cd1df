// Lock files that dead processes have left at a place: their owner files, and the claims of those who died while taking over.
// Neither name is ever made again, so none is removed by mistake. The lock itself is not looked at: whoever clears holds it.

import { basename, dirname } from "node:path";
import type { LockDisk } from "./lock-disk.js";
import type { LockPlace } from "./lock-place.js";
import type { LockOwner } from "./maildrop-lock.js";
import type { FoundOwner } from "./owner-facts.js";
import { type Judge, reasonToTake } from "./reason-to-take.js";

export interface LockLeftover {
  readonly name: string;
  /** `kept`: its owner lives, or nothing proves him dead yet. */
  readonly fate: "removed" | "kept";
  readonly owner: LockOwner | undefined;
}

/** Under the lock of `place`. Leaves out the files of this process, which go by themselves. Rejects with what the disk says. */
export async function clearLockLeftovers(
  disk: LockDisk,
  place: LockPlace,
  judge: Judge,
): Promise<readonly LockLeftover[]> {
  const folder = dirname(place.mark);
  const leftovers: LockLeftover[] = [];
  for (const name of [...(await disk.names(folder))].sort()) {
    if (!isOwnerOrClaim(name, place)) continue;
    const path = `${folder}/${name}`;
    const found = await disk.readOwner(path);
    if (found === undefined || isOurs(found, judge)) continue;
    const isDead = found.isFile && reasonToTake(found, judge) !== undefined;
    if (isDead) await disk.unlinkIfThere(path);
    leftovers.push({ name, fate: isDead ? "removed" : "kept", owner: found.owner });
  }
  return leftovers;
}

const isOwnerOrClaim = (name: string, { mark, ownerStem }: LockPlace): boolean =>
  hasForm(name, basename(ownerStem), TOKEN) || hasForm(name, `${basename(mark)}.`, DIGEST);

const hasForm = (name: string, prefix: string, rest: RegExp): boolean =>
  name.startsWith(prefix) && rest.test(name.slice(prefix.length));

/** A second file of the same process, as another lock object of it makes, counts as ours too. */
const isOurs = ({ owner }: FoundOwner, { here }: Judge): boolean =>
  owner !== undefined &&
  owner.pid === here.pid &&
  owner.pidStart === here.pidStart &&
  owner.bootId === here.bootId &&
  owner.pidNamespace === here.pidNamespace &&
  owner.host === here.host &&
  owner.machine === here.machine;

/** randomUUID. */
const TOKEN = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** SHA-256 as base64url. */
const DIGEST = /^[A-Za-z0-9_-]{43}$/;
