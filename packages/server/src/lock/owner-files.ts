// The owner files of this process: one for each file system that it locks maildrops on, kept while locks are made of it.

import { randomUUID } from "node:crypto";
import { basename, dirname } from "node:path";
import type { HostFacts } from "./host-facts.js";
import { errorCode } from "./lock-io.js";
import type { LockPlace } from "./lock-place.js";
import type { LockOwner } from "./maildrop-lock.js";
import type { FileStamp, FoundOwner } from "./owner-facts.js";
import { createOwnerFile, type OwnerFile, type OwnerFileParts } from "./owner-file.js";

/** Whether a file that was found may be removed: its owner is dead, or silent for too long. */
export type MayRemove = (found: FoundOwner) => boolean;

export class OwnerFiles {
  readonly #parts: OwnerFileParts;
  readonly #here: HostFacts;
  readonly #mayRemove: MayRemove;
  /** The last used first. */
  #files: OwnerFile[] = [];
  #hasLinks = true;

  constructor(parts: OwnerFileParts, here: HostFacts, mayRemove: MayRemove) {
    this.#parts = parts;
    this.#here = here;
    this.#mayRemove = mayRemove;
  }

  /** Makes the mark. undefined: something stands there. Rejects with what the disk says. */
  async mark(place: LockPlace): Promise<OwnerFile | undefined> {
    for (const file of this.#files) {
      const outcome = await this.#link(file, place.mark);
      if (outcome !== "unfit") return outcome === "linked" ? file : undefined;
    }
    // Where a lock stands no file is made that would be of no use.
    if ((await this.#parts.disk.stamp(place.mark)) !== undefined) return undefined;
    const file = this.#hasLinks ? await this.#markByNew(place) : undefined;
    return this.#hasLinks ? file : this.createAt(place.mark);
  }

  /** Removes the owner files that dead processes have left there. None is made again under its name, so none is removed by mistake. */
  async clearLeftovers({ ownerStem }: LockPlace): Promise<void> {
    const { disk } = this.#parts;
    const [folder, prefix] = [dirname(ownerStem), basename(ownerStem)];
    for (const name of await disk.names(folder)) {
      if (!name.startsWith(prefix)) continue;
      const path = `${folder}/${name}`;
      const found = await disk.readOwner(path);
      if (found !== undefined && this.#mayRemove(found)) await disk.unlinkIfThere(path);
    }
  }

  /** An owner file that is a lock itself. undefined: something stands there. Rejects with what the disk says. */
  async createAt(mark: string): Promise<OwnerFile | undefined> {
    const file = await createOwnerFile(this.#parts, mark, this.#describe());
    file?.becomeMark();
    return file;
  }

  retireIfOurs(stamp: FileStamp): void {
    const own = this.#files.find((file) => file.is(stamp));
    if (own !== undefined) this.#drop(own);
  }

  /** No more are made; what is held stays until it is given back. */
  retire(): void {
    for (const file of this.#files) file.retire();
    this.#files = [];
  }

  async #link(file: OwnerFile, mark: string): Promise<"linked" | "exists" | "unfit"> {
    if (!file.canLink) return this.#drop(file);
    try {
      if (!(await file.link(mark))) return "exists";
      if (file !== this.#files[0]) this.#files = [file, ...this.#files.filter((other) => other !== file)];
      return "linked";
    } catch (error) {
      const code = errorCode(error) ?? "";
      // Another file system: the next file may be right for it.
      if (code === "EXDEV") return "unfit";
      if (!UNFIT.has(code)) throw error;
      return this.#drop(file);
    }
  }

  #drop(file: OwnerFile): "unfit" {
    this.#files = this.#files.filter((other) => other !== file);
    file.retire();
    return "unfit";
  }

  /** undefined: something stands there, or files cannot have further names here. */
  async #markByNew(place: LockPlace): Promise<OwnerFile | undefined> {
    await this.clearLeftovers(place);
    const owner = this.#describe();
    const file = await createOwnerFile(this.#parts, place.ownerStem + owner.token, owner);
    if (file === undefined) return undefined;
    try {
      const isLinked = await file.link(place.mark);
      this.#keep(file);
      if (!isLinked) file.rest();
      return isLinked ? file : undefined;
    } catch (error) {
      file.retire();
      if (!NO_LINKS.has(errorCode(error) ?? "")) throw error;
      this.#hasLinks = false;
      return undefined;
    }
  }

  #keep(file: OwnerFile): void {
    this.#files.unshift(file);
    for (const oldest of this.#files.splice(FILES_MAX)) oldest.retire();
  }

  #describe(): LockOwner {
    return { token: randomUUID(), ...this.#here, since: new Date(this.#parts.clock.now()).toISOString() };
  }
}

/** The file has no name any more, or as many as a file can have. */
const UNFIT: ReadonlySet<string> = new Set(["ENOENT", "EMLINK"]);
/** What file systems without hard links say. */
const NO_LINKS: ReadonlySet<string> = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS"]);
/** File systems that are kept in mind. */
const FILES_MAX = 8;
