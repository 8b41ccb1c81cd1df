// The Maildrop: what can be done with the messages of one opened maildrop.

import type { Eventually } from "../eventually.js";
import { quotaOctets, subtractUsage } from "../maildir/maildirsize.js";
import type { Maildrop, MessageTable, MessageTrouble, OpenMessage, RemovalReport } from "../maildrop.js";
import { StorageError } from "../storage-error.js";
import type { MaildropParts } from "./maildrop-parts.js";
import { markRetrieved } from "./mark-retrieved.js";
import { openMessage } from "./open-message.js";
import { removeCopies } from "./remove-copies.js";
import { removeMessages } from "./remove-messages.js";
import { SessionView } from "./session-view.js";

export function createMaildrop(parts: MaildropParts): Maildrop {
  return new StoredMaildrop(parts);
}

class StoredMaildrop implements Maildrop {
  readonly messages: MessageTable;
  readonly #parts: MaildropParts;
  readonly #view: SessionView;
  #closed: Promise<void> | undefined;

  constructor(parts: MaildropParts) {
    this.messages = parts.table;
    this.#parts = parts;
    this.#view = new SessionView(parts);
  }

  get readsAtOnce(): boolean {
    return this.#parts.fs.isSync;
  }

  open(position: number, target: Uint8Array): Eventually<OpenMessage | MessageTrouble> {
    return openMessage(this.#view, position, target);
  }

  correctOctets(position: number, octets: number): void {
    this.#view.measured(position, { octets, fileOctets: this.#view.fileOctetsAt(position) });
  }

  async remove(positions: readonly number[], mayGoOn = always): Promise<RemovalReport> {
    const report = await this.#remove(positions, mayGoOn);
    this.#parts.forget(report.removed.map(({ position }) => position));
    await this.#subtractUsage(report);
    return report;
  }

  async #remove(positions: readonly number[], mayGoOn: () => boolean): Promise<RemovalReport> {
    if (!this.#parts.copies?.size) return removeMessages(this.#view, positions, mayGoOn);
    const copies = await removeCopies(this.#view, positions, mayGoOn);
    const messages = await removeMessages(this.#view, copies.positions, mayGoOn);
    return {
      removed: [...copies.removed, ...messages.removed],
      failed: [...copies.failed, ...messages.failed],
    };
  }

  markRetrieved(positions: readonly number[]): Promise<void> {
    return markRetrieved(this.#view, positions);
  }

  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    await this.#parts.onClose();
  }

  /** What others had removed they have told the quota themselves. */
  async #subtractUsage({ removed }: RemovalReport): Promise<void> {
    const { fs, root, onTrouble } = this.#parts;
    let octets = 0;
    let messages = 0;
    for (const { position, path, how } of removed) {
      if (how === "gone") continue;
      octets += quotaOctets(path, this.#view.fileOctetsAt(position));
      messages += 1;
    }
    try {
      await subtractUsage(fs, root, { octets, messages });
    } catch (cause) {
      onTrouble?.(new StorageError("QUOTA_FAILED", `${root}/maildirsize`, cause));
    }
  }
}

const always = (): boolean => true;
