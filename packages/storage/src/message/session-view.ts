// What one session knows better than the shared, immutable table: files found under another name, messages measured anew.

import type { Intent } from "../update/journal.js";
import type { MaildropParts } from "./maildrop-parts.js";
import type { Measured } from "./octet-count.js";

export class SessionView {
  readonly parts: MaildropParts;
  /** What stands in the journal and could not be done: an update carries it over into its own. */
  unfinished: Intent | undefined;
  #paths: Map<number, string> | undefined;
  #measures: Map<number, Measured> | undefined;

  constructor(parts: MaildropParts) {
    this.parts = parts;
    this.unfinished = parts.unfinished;
  }

  /** Below the maildrop, as last seen. */
  pathAt(position: number): string {
    return this.#paths?.get(position) ?? this.parts.table.pathAt(position);
  }

  /** The whole path, as last seen. */
  filePathAt(position: number): string {
    return `${this.parts.root}/${this.pathAt(position)}`;
  }

  octetsAt(position: number): number {
    return this.#measures?.get(position)?.octets ?? this.parts.table.octetsAt(position);
  }

  fileOctetsAt(position: number): number {
    return this.#measures?.get(position)?.fileOctets ?? this.parts.table.fileOctetsAt(position);
  }

  movedTo(position: number, path: string): void {
    this.#paths ??= new Map();
    this.#paths.set(position, path);
  }

  measured(position: number, measure: Measured): void {
    this.#measures ??= new Map();
    this.#measures.set(position, measure);
    this.parts.remember(position, measure);
  }
}
