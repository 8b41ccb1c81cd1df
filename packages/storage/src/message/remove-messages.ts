// Removal, as UPDATE asks for it: each message is disposed of wherever it is now, and the report says what became of each.
//
// A name is touched only while a regular file stands under it: a link or a folder that another program has put there is not
// the message.

import { atOnce } from "../eventually.js";
import type { RemovalReport, RemovedMessage } from "../maildrop.js";
import { errnoOf, isMissing } from "../ports/errno.js";
import { StorageError } from "../storage-error.js";
import type { Disposal } from "./disposal.js";
import { pursue } from "./pursuit.js";
import type { SessionView } from "./session-view.js";

/** As Maildrop.remove, without the quota and the index. */
export async function removeMessages(
  view: SessionView,
  positions: readonly number[],
  mayGoOn: () => boolean,
): Promise<RemovalReport> {
  const removal = new Removal(view, mayGoOn);
  await removal.run([...new Set(positions)]);
  return removal;
}

/** Which way it went. */
async function disposeOf(disposal: Disposal, path: string): Promise<Disposal["how"]> {
  try {
    await disposal.dispose(path);
    return disposal.how;
  } catch (cause) {
    if (disposal.disposeOtherwise === undefined || !isForItsName(cause)) throw cause;
    return await disposal.disposeOtherwise(path);
  }
}

/** Whether only what the message is called, or would be, kept it. */
const isForItsName = (cause: unknown): boolean => ["EEXIST", "ENAMETOOLONG"].includes(errnoOf(cause) ?? "");

class Removal implements RemovalReport {
  readonly removed: RemovedMessage[] = [];
  readonly failed: { position: number; cause: unknown }[] = [];
  readonly #view: SessionView;
  readonly #mayGoOn: () => boolean;
  readonly #open = new Set<number>();

  constructor(view: SessionView, mayGoOn: () => boolean) {
    this.#view = view;
    this.#mayGoOn = mayGoOn;
  }

  async run(positions: readonly number[]): Promise<void> {
    for (const position of positions) this.#open.add(position);
    const left = await this.#removeAtOnce(positions);
    try {
      const { gone } = await pursue(this.#view, left, (position) => this.#remove(position));
      for (const position of gone) this.#report(position, "gone");
    } catch (cause) {
      // new/ or cur/ cannot be listed: nothing is known of what is still open, so nothing is said to be gone.
      for (const position of this.#open) this.#fail(position, cause);
    }
    for (const position of this.#open) this.#fail(position, this.#error("RESTLESS", position));
  }

  /** Without a promise for a message while calls are done at once. Those that are left are elsewhere now, or are to be waited for. */
  async #removeAtOnce(positions: readonly number[]): Promise<readonly number[]> {
    const { fs } = this.#view.parts;
    const left: number[] = [];
    for (const position of positions) {
      if (!fs.isSync || this.#removeNow(position) === "left") left.push(position);
      const pause = fs.yieldIfDue();
      if (pause) await pause;
    }
    return left;
  }

  #removeNow(position: number): "done" | "left" {
    if (!this.#mayGoOn()) return this.#fail(position, this.#error("STOPPED", position));
    const { fs, disposal } = this.#view.parts;
    const path = this.#view.filePathAt(position);
    try {
      // A slow answer ends the time in which calls are done at once.
      if (atOnce(fs.sizeOf(path)) === undefined || !fs.isSync) return "left";
      atOnce(disposal.dispose(this.#view.pathAt(position)));
      return this.#report(position, disposal.how);
    } catch (cause) {
      return isMissing(cause) || isForItsName(cause) ? "left" : this.#fail(position, cause);
    }
  }

  async #remove(position: number): Promise<"done" | "missing"> {
    if (!this.#mayGoOn()) return this.#fail(position, this.#error("STOPPED", position));
    const { fs, disposal } = this.#view.parts;
    const path = this.#view.filePathAt(position);
    try {
      const status = await fs.lstat(path);
      if (status?.kind !== "file") return "missing";
      return this.#report(position, await disposeOf(disposal, this.#view.pathAt(position)));
    } catch (cause) {
      return isMissing(cause) ? "missing" : this.#fail(position, cause);
    }
  }

  #report(position: number, how: RemovedMessage["how"]): "done" {
    this.#open.delete(position);
    this.removed.push({ position, path: this.#view.pathAt(position), how });
    return "done";
  }

  #fail(position: number, cause: unknown): "done" {
    this.#open.delete(position);
    this.failed.push({ position, cause });
    return "done";
  }

  #error(code: "STOPPED" | "RESTLESS", position: number): StorageError {
    return new StorageError(code, this.#view.filePathAt(position));
  }
}
