// Removal, as UPDATE asks for it: each message is unlinked wherever it is now, and the report says what became of each.
//
// A name is unlinked only while a regular file stands under it: a link or a folder that another program has put there is not
// the message.

import type { RemovalReport, RemovedMessage } from "../maildrop.js";
import { isMissing } from "../ports/errno.js";
import { StorageError } from "../storage-error.js";
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
    try {
      const { gone } = await pursue(this.#view, positions, (position) => this.#remove(position));
      for (const position of gone) this.#report(position, "gone");
    } catch (cause) {
      // new/ or cur/ cannot be listed: nothing is known of what is still open, so nothing is said to be gone.
      for (const position of this.#open) this.#fail(position, cause);
    }
    for (const position of this.#open) this.#fail(position, this.#error("RESTLESS", position));
  }

  async #remove(position: number): Promise<"done" | "missing"> {
    if (!this.#mayGoOn()) return this.#fail(position, this.#error("STOPPED", position));
    const { fs } = this.#view.parts;
    const path = this.#view.filePathAt(position);
    try {
      const status = await fs.lstat(path);
      if (status?.kind !== "file") return "missing";
      await fs.unlink(path);
      return this.#report(position, "unlinked");
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
