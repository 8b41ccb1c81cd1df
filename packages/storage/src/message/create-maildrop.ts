// The Maildrop: what can be done with the messages of one opened maildrop.

import type { Eventually } from "../eventually.js";
import type { Maildrop, MessageTable, MessageTrouble, OpenMessage, RemovalReport } from "../maildrop.js";
import { runUpdate } from "../update/run-update.js";
import type { MaildropParts } from "./maildrop-parts.js";
import { markRetrieved } from "./mark-retrieved.js";
import { openMessage } from "./open-message.js";
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
    const report = await runUpdate(this.#view, positions, mayGoOn);
    this.#parts.forget(report.removed.map(({ position }) => position));
    return report;
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
}

const always = (): boolean => true;
