// Removed mail goes back into cur/ of its maildrop under the unique name it had, so that clients know it by the unique-id they knew.
//
// Nothing is put over another file, and no message comes to stand there twice: what has its unique name already, in new/ or
// cur/, keeps it. Each message is moved by one rename; the quota is told in one line when all are done. A crash between the two
// leaves the quota too low by what was moved, until its owner counts anew.

import { baseLengthOf, flagsOf, withInfo } from "../maildir/file-name.js";
import { noteUsage, quotaOctets, tellUsage } from "../maildir/maildirsize.js";
import { scanMaildir } from "../maildir/scan.js";
import { type DisposalSite, isTrash } from "../message/disposal.js";
import { errnoOf } from "../ports/errno.js";
import type { AsideMessage } from "./aside-mail.js";
import { tidyUp } from "./held-folders.js";

export interface RestoreOptions {
  /** Whether the quota counts what stands in the trash folder: bringing it back then adds nothing. */
  readonly trashIsCounted: boolean;
  /** Asked before each message: false (the lock was lost) ends the work. */
  readonly mayGoOn: () => boolean;
}

export interface Restored {
  readonly message: AsideMessage;
  /** Path below the maildrop. */
  readonly path: string;
}

export interface Unrestored {
  readonly message: AsideMessage;
  /** `taken`: a message of this unique name stands in the maildrop. `stopped`: leave was withdrawn. */
  readonly why: "taken" | "gone" | "stopped" | { readonly cause: unknown };
}

export interface RestoreReport {
  readonly restored: readonly Restored[];
  readonly failed: readonly Unrestored[];
  /** What kept the quota from being told; undefined if nothing did. */
  readonly quotaTrouble: unknown;
}

/** The caller holds the lock. Rejects if new/ and cur/ cannot be listed: nothing was moved then. */
export async function restoreMail(
  site: DisposalSite,
  messages: readonly AsideMessage[],
  options: RestoreOptions,
): Promise<RestoreReport> {
  const restoring = new Restoring(site, await takenNames(site));
  for (const message of messages) {
    await restoring.restore(message, options);
    await site.fs.yieldIfDue();
  }
  return { ...restoring, quotaTrouble: await tellQuota(site, restoring.restored, options) };
}

class Restoring {
  readonly restored: Restored[] = [];
  readonly failed: Unrestored[] = [];
  readonly #site: DisposalSite;
  readonly #isTaken: (uniqueName: string) => boolean;
  readonly #names = new Set<string>();

  constructor(site: DisposalSite, isTaken: (uniqueName: string) => boolean) {
    this.#site = site;
    this.#isTaken = isTaken;
  }

  async restore(message: AsideMessage, { mayGoOn }: RestoreOptions): Promise<void> {
    const { uniqueName } = message;
    if (!mayGoOn()) this.failed.push({ message, why: "stopped" });
    else if (this.#isTaken(uniqueName) || this.#names.has(uniqueName)) this.failed.push({ message, why: "taken" });
    else await this.#move(message);
  }

  async #move(message: AsideMessage): Promise<void> {
    const { fs, root, home } = this.#site;
    const path = `cur/${nameInCur(message.name)}`;
    try {
      if ((await fs.lstat(`${root}/${path}`)) !== undefined) {
        this.failed.push({ message, why: "taken" });
        return;
      }
      await fs.rename(`${home}/${message.path}`, `${root}/${path}`);
      this.#names.add(message.uniqueName);
      this.restored.push({ message, path });
      await tidyUp({ fs, root: home }, message.path);
    } catch (cause) {
      this.failed.push({ message, why: errnoOf(cause) === "ENOENT" ? "gone" : { cause } });
    }
  }
}

async function takenNames({ fs, root }: DisposalSite): Promise<(uniqueName: string) => boolean> {
  const scan = await scanMaildir(fs, root);
  return (uniqueName) => scan.pathOf(uniqueName) !== undefined;
}

/** With an info, and without the flag T: a client that shows what is marked so as deleted would hide it again. */
function nameInCur(name: string): string {
  const flags = flagsOf(name);
  if (!flags.includes("T")) return withInfo(name);
  return `${name.slice(0, baseLengthOf(name))}:2,${flags.replaceAll("T", "")}`;
}

async function tellQuota(
  site: DisposalSite,
  restored: readonly Restored[],
  { trashIsCounted }: RestoreOptions,
): Promise<unknown> {
  const { fs, home } = site;
  const isCounted = !isTrash(site) || trashIsCounted;
  const added = restored.filter(({ message }) => isCounted && (message.place === "hold" || !trashIsCounted));
  const octets = added.reduce((sum, { message }) => sum + quotaOctets(message.name, message.octets), 0);
  try {
    const note = await noteUsage(fs, home, { octets, messages: added.length });
    if (note !== undefined) await tellUsage(fs, home, note);
    return undefined;
  } catch (cause) {
    return cause;
  }
}
