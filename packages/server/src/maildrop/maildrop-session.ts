// One account's open maildrop: the storage, its listing and its lock, from login to the last breath of the session.

import type { Listing, MessageNumber } from "@postigo/protocol";
import type { Eventually, Maildrop, MessageTrouble, OpenMessage, RemovalReport } from "@postigo/storage";
import type { Lease } from "../lock/maildrop-lock.js";
import type { EventLog } from "../log/event-log.js";
import type { Meter } from "../metrics/meter.js";
import { logRemoval } from "./log-removal.js";

export interface MaildropSessionParts {
  readonly session: string;
  readonly user: string;
  readonly maildrop: Maildrop;
  readonly listing: Listing;
  readonly lease: Lease;
  readonly log: EventLog;
  readonly meter?: Meter | undefined;
  readonly markRetrieved: boolean;
  /** Hears what was removed, under the lock. */
  readonly onRemoved?: ((report: RemovalReport) => void) | undefined;
  /** Called once, after the lock is free. */
  readonly onReleased: () => void;
}

/** `failed`: marked messages that still stand in the maildrop. `lost`: the lock was no longer ours, nothing was removed. */
export type UpdateOutcome = { readonly type: "updated"; readonly failed: number } | { readonly type: "lost" };

export class MaildropSession {
  readonly #parts: MaildropSessionParts;
  #retrieved: Set<number> | undefined;
  #removing: Promise<RemovalReport | undefined> | undefined;
  #released: Promise<void> | undefined;

  constructor(parts: MaildropSessionParts) {
    this.#parts = parts;
  }

  get listing(): Listing {
    return this.#parts.listing;
  }

  get lease(): Lease {
    return this.#parts.lease;
  }

  get retrievedCount(): number {
    return this.#retrieved?.size ?? 0;
  }

  /** True while reads complete at once, so that shared memory may be their target. */
  get readsAtOnce(): boolean {
    return this.#parts.maildrop.readsAtOnce;
  }

  open(message: MessageNumber, target: Uint8Array): Eventually<OpenMessage | MessageTrouble> {
    return this.#parts.maildrop.open(message - 1, target);
  }

  /** RETR to its last octet. TOP never counts. */
  retrieved(message: MessageNumber): void {
    if (!this.#parts.markRetrieved) return;
    this.#retrieved ??= new Set();
    this.#retrieved.add(message - 1);
  }

  /** The count that was announced for a message is wrong: the next listing shows the true one. */
  correctOctets(message: MessageNumber, octets: number): void {
    const { log, session, user, maildrop, listing } = this.#parts;
    log.event("octets-corrected", {
      session,
      user,
      uid: maildrop.messages.uniqueIdAt(message - 1),
      announced: listing.octets(message),
      octets,
    });
    maildrop.correctOctets(message - 1, octets);
  }

  /** UPDATE (RFC 1939 §6): removes, marks what was retrieved, frees the lock; only then may QUIT be answered. */
  async update(deleted: readonly MessageNumber[]): Promise<UpdateOutcome> {
    // Stands at once: a release that comes meanwhile waits for it.
    this.#removing = this.#remove(deleted);
    const report = await this.#removing;
    for (const { position } of report?.removed ?? []) this.#retrieved?.delete(position);
    await this.release();
    return report === undefined ? { type: "lost" } : { type: "updated", failed: report.failed.length };
  }

  /** Ends the session without removing anything; a removal under way is finished first, under the lock. Idempotent; never rejects. */
  release(): Promise<void> {
    this.#released ??= this.#release();
    return this.#released;
  }

  async #release(): Promise<void> {
    const { maildrop, lease, log, session, user, onReleased } = this.#parts;
    try {
      await this.#removing;
      if (this.#retrieved !== undefined && this.#retrieved.size > 0 && (await lease.isHeld())) {
        await maildrop.markRetrieved([...this.#retrieved]);
      }
      await maildrop.close();
    } catch (error) {
      log.event("maildrop-close-failed", { session, user, error: String(error) });
    } finally {
      await lease.release();
      onReleased();
    }
  }

  /** undefined: the lock is no longer ours. A session that removes nothing needs no proof that it may. */
  async #remove(deleted: readonly MessageNumber[]): Promise<RemovalReport | undefined> {
    const { maildrop, lease } = this.#parts;
    if (deleted.length === 0) return NOTHING_REMOVED;
    if (!(await lease.isHeld())) return undefined;
    let lost = false;
    lease.onLost(() => {
      lost = true;
    });
    const report = await maildrop.remove(
      deleted.map((message) => message - 1),
      () => !lost,
    );
    this.#parts.meter?.messagesRemoved(report.removed.length);
    const { log, session, user } = this.#parts;
    await logRemoval({ log, session, user, messages: maildrop.messages, report, why: "deleted" });
    this.#parts.onRemoved?.(report);
    return report;
  }
}

const NOTHING_REMOVED: RemovalReport = { removed: [], failed: [] };
