// From an account that has proven itself to its open maildrop: place, session cap, lock, storage, listing; in that order.

import { Listing, type MaildropRefusal } from "@postigo/protocol";
import type {
  Eventually,
  FinishedUpdate,
  MessageTable,
  OpenOutcome,
  RemovalReport,
  StorageError,
} from "@postigo/storage";
import type { Account, Peer } from "../auth/authenticator.js";
import type { Clock } from "../clock.js";
import type { Lease, LockHolder, LockOutcome, LockRequest, MaildropLock } from "../lock/maildrop-lock.js";
import type { EventLog } from "../log/event-log.js";
import type { Meter } from "../metrics/meter.js";
import type { ConnectionLimits, Pass } from "../net/connection-limits.js";
import { logRemoval } from "./log-removal.js";
import { MaildropSession } from "./maildrop-session.js";

/** Where maildrops come from: Maildirs below a template, or an embedding program. */
export interface MaildropSource {
  /** The maildrop's place, which is also the key of its lock; undefined when the account may have none. */
  locate(account: Account): string | undefined;
  /** `mayGoOn` is asked before anything is changed: false once the lock is not the caller's any more. */
  open(place: string, account: Account, mayGoOn: () => boolean): Eventually<SourceOutcome>;
}

export type SourceOutcome =
  | (Extract<OpenOutcome, { type: "opened" }> & {
      /** Messages that had outlived the operator's retention and were removed before. */
      readonly expired?: FinishedUpdate;
      /** Hears what the session has removed. */
      readonly onRemoved?: (report: RemovalReport) => void;
    })
  | Extract<OpenOutcome, { type: "unavailable" }>
  /** `why` is for the operator. */
  | { readonly type: "refused"; readonly why: string };

export type OpenedMaildrop = Extract<SourceOutcome, { type: "opened" }>;

export interface OpenerParts {
  readonly source: MaildropSource;
  readonly lock: MaildropLock;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly meter?: Meter | undefined;
  readonly markRetrieved: boolean;
  readonly limits: Pick<ConnectionLimits, "admitSession">;
}

export interface OpenRequest {
  readonly account: Account;
  readonly peer: Peer;
  /** Aborted when the client has gone. */
  readonly signal: AbortSignal;
}

export type OpeningResult =
  | { readonly type: "opened"; readonly maildrop: MaildropSession }
  | { readonly type: "refused"; readonly reason: MaildropRefusal };

type RequestOfOpening = Pick<OpenRequest, "account" | "peer">;

/** What a session holds and must give back. */
interface Held {
  readonly lease: Lease;
  readonly pass: Pass;
}

export class MaildropOpener {
  readonly #parts: OpenerParts;
  readonly #listings = new WeakMap<MessageTable, Listing>();

  constructor(parts: OpenerParts) {
    this.#parts = parts;
  }

  /** Never rejects. What it opened belongs to the caller, who releases it. */
  async open(request: OpenRequest): Promise<OpeningResult> {
    const place = this.#parts.source.locate(request.account);
    if (place === undefined) return this.#refuse(request, "broken", "the user name has no place below the spool");
    const pass = this.#parts.limits.admitSession(request.account.name);
    if (pass === "too-many-sessions") return this.#refuse(request, "too-many", "too many sessions of this account");
    try {
      const result = await this.#lockAndOpen(place, request, pass);
      if (result.type === "refused") pass.release();
      return result;
    } catch (error) {
      pass.release();
      return this.#refuse(request, "unavailable", String(error));
    }
  }

  async #lockAndOpen(place: string, request: OpenRequest, pass: Pass): Promise<OpeningResult> {
    const { account, peer, signal } = request;
    const asked = { session: peer.session, user: account.name, peer: peer.address, signal };
    const locked = await this.#acquire(place, asked);
    if (locked.type !== "held") return this.#refuseLocked(request, locked);
    try {
      const result = signal.aborted ? GONE : await this.#openLocked(place, request, { lease: locked.lease, pass });
      if (result.type === "refused") await locked.lease.release();
      return result;
    } catch (error) {
      await locked.lease.release();
      throw error;
    }
  }

  async #acquire(place: string, asked: LockRequest): Promise<LockOutcome> {
    const { meter, clock, lock } = this.#parts;
    if (meter === undefined) return lock.acquire(place, asked);
    const began = clock.monotonic();
    const locked = await lock.acquire(place, asked);
    meter.lockAwaited(locked.type, clock.monotonic() - began);
    return locked;
  }

  async #openLocked(place: string, request: OpenRequest, held: Held): Promise<OpeningResult> {
    const { meter, clock } = this.#parts;
    const began = meter && clock.monotonic();
    let isOurs = true;
    held.lease.onLost(() => {
      isOurs = false;
    });
    const opening = this.#parts.source.open(place, request.account, () => isOurs);
    const outcome = opening instanceof Promise ? await this.#inTime(opening, request.signal) : opening;
    if (outcome === "late" || outcome === "gone") {
      // It goes on without the lock, and may only look from now on.
      isOurs = false;
      void this.#abandon(opening, request);
      return outcome === "gone" ? GONE : this.#refuse(request, "indexing", "measuring the maildrop goes on");
    }
    if (outcome.type === "unavailable") return this.#refuse(request, reasonOf(outcome.error), outcome.error.message);
    if (outcome.type === "refused") return this.#refuse(request, "unavailable", outcome.why);
    if (began !== undefined) meter?.maildropOpened(clock.monotonic() - began);
    if (outcome.finished !== undefined || outcome.expired !== undefined) await this.#logRemovals(outcome, request);
    return { type: "opened", maildrop: this.#session(outcome, request, held) };
  }

  /** Closes what opens after nobody waits for it any more. */
  async #abandon(opening: Eventually<SourceOutcome>, request: OpenRequest): Promise<void> {
    try {
      const outcome = await opening;
      if (outcome.type !== "opened") return;
      await this.#logRemovals(outcome, request);
      await outcome.maildrop.close();
    } catch {
      // Whoever asked has been answered, and the next opening meets the same fault.
    }
  }

  /** What went before the session began. */
  async #logRemovals({ finished, expired }: OpenedMaildrop, { account, peer }: RequestOfOpening): Promise<void> {
    const about = { log: this.#parts.log, session: peer.session, user: account.name };
    if (finished !== undefined) await logRemoval({ ...about, ...finished, why: "cut-off-update" });
    if (expired !== undefined) await logRemoval({ ...about, ...expired, why: "expired" });
  }

  #session(
    { maildrop, onRemoved }: OpenedMaildrop,
    { account, peer }: OpenRequest,
    { lease, pass }: Held,
  ): MaildropSession {
    const { log, meter, markRetrieved } = this.#parts;
    return new MaildropSession({
      session: peer.session,
      user: account.name,
      maildrop,
      listing: this.#listing(maildrop.messages),
      lease,
      log,
      meter,
      markRetrieved,
      onRemoved,
      onReleased: () => pass.release(),
    });
  }

  /** One listing for each table: its rendered answers are shared by all sessions that find the maildrop unchanged. */
  #listing(table: MessageTable): Listing {
    let listing = this.#listings.get(table);
    if (listing === undefined) {
      listing = new Listing(table);
      this.#listings.set(table, listing);
    }
    return listing;
  }

  /** A login is answered before clients lose patience; the opening goes on and helps the next login. */
  async #inTime(opening: Promise<SourceOutcome>, signal: AbortSignal): Promise<SourceOutcome | "late" | "gone"> {
    let stopWaiting = (): void => undefined;
    const over = new Promise<"late" | "gone">((resolve) => {
      const timer = this.#parts.clock.after(LOGIN_PATIENCE_MS, () => resolve("late"));
      const leave = () => resolve("gone");
      signal.addEventListener("abort", leave);
      stopWaiting = () => {
        timer.cancel();
        signal.removeEventListener("abort", leave);
      };
    });
    try {
      return await Promise.race([opening, over]);
    } finally {
      stopWaiting();
    }
  }

  #refuseLocked(request: OpenRequest, locked: Exclude<LockOutcome, { type: "held" }>): OpeningResult {
    if (locked.type === "unavailable") return this.#refuse(request, "unavailable", String(locked.cause));
    return this.#refuse(request, "in-use", locked.holder ? held(locked.holder) : "locked");
  }

  #refuse({ account, peer }: OpenRequest, reason: MaildropRefusal, why: string): OpeningResult {
    this.#parts.log.event("maildrop-refused", { session: peer.session, user: account.name, reason, why });
    return { type: "refused", reason };
  }
}

/** What does not exist will not come by waiting. */
function reasonOf({ code }: StorageError): MaildropRefusal {
  return code === "NO_SUCH_FOLDER" ? "broken" : "unavailable";
}

function held({ host, pid, session }: LockHolder): string {
  return session === undefined ? `locked by process ${pid} on ${host}` : `locked by session ${session}`;
}

/** Nobody hears it, and it is no trouble that an operator should know of. */
const GONE: OpeningResult = { type: "refused", reason: "unavailable" };

/** DESIGN §3: an answer within 45 s, before the 60 s after which clients give up. */
const LOGIN_PATIENCE_MS = 45_000;
