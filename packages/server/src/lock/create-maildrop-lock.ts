// Exclusivity of a maildrop, put together: first the registry of this process, then the lock file, tried again until the wait is over.

import type { Eventually } from "@postigo/storage";
import type { Clock } from "../clock.js";
import { type HostFacts, readHostFacts } from "./host-facts.js";
import { FileLease, type LeaseEnds, MemoryLease } from "./leases.js";
import { LockDisk } from "./lock-disk.js";
import type { LockEvent } from "./lock-event.js";
import { LockFile, type Takeover } from "./lock-file.js";
import { errorCode } from "./lock-io.js";
import { type LockPlace, lockPlace } from "./lock-place.js";
import type { LockHolder, LockOutcome, LockOwner, LockRequest, MaildropLock } from "./maildrop-lock.js";
import { pause } from "./pause.js";
import { LockRegistry } from "./registry.js";

export interface MaildropLockOptions {
  /** How long a login waits for the owner to leave. */
  readonly waitMs: number;
  /** Silence after which the lock of an owner that cannot be proven dead may be taken; below 5,000 a busy machine looks dead. */
  readonly staleMs: number;
  /** Absolute path of a directory for all locks; undefined puts each into its maildrop. */
  readonly directory: string | undefined;
  readonly clock: Clock;
  readonly onEvent: (event: LockEvent) => void;
  /** How files are reached at a path: one object for each storage root. The default is by calls that block. */
  readonly diskAt?: (path: string) => Eventually<LockDisk>;
  /** Who we are; somebody else in tests. */
  readonly host?: HostFacts;
}

/** One for the process: sessions of two of these exclude each other by the lock file only. */
export function createMaildropLock(options: MaildropLockOptions): MaildropLock {
  return new FileMaildropLock(options);
}

class FileMaildropLock implements MaildropLock {
  readonly #options: MaildropLockOptions;
  readonly #diskAt: (path: string) => Eventually<LockDisk>;
  readonly #here: HostFacts;
  readonly #registry: LockRegistry;
  readonly #files = new Map<LockDisk, LockFile>();

  constructor(options: MaildropLockOptions) {
    const blocking = new LockDisk();
    this.#options = options;
    this.#diskAt = options.diskAt ?? (() => blocking);
    this.#here = options.host ?? readHostFacts();
    this.#registry = new LockRegistry(options.clock);
  }

  async acquire(maildrop: string, request: LockRequest): Promise<LockOutcome> {
    const deadline = this.#options.clock.monotonic() + this.#options.waitMs;
    try {
      const { directory } = this.#options;
      const disk = await this.#diskAt(maildrop);
      const place = await lockPlace(disk, maildrop, directory);
      const file = this.#fileOn(directory === undefined ? disk : await this.#diskAt(directory));
      const holder = this.#holder(request);
      const turn = await this.#registry.enter(place.maildrop, {
        holder,
        waitMs: this.#options.waitMs,
        signal: request.signal,
      });
      if (turn !== "entered") return { type: "in-use", holder: this.#registry.holderOf(place.maildrop) };
      return await this.#acquireInTurn({ place, file, holder, deadline, signal: request.signal });
    } catch (cause) {
      return { type: "unavailable", cause };
    }
  }

  close(): void {
    for (const file of this.#files.values()) file.close();
  }

  #fileOn(disk: LockDisk): LockFile {
    const { clock, staleMs } = this.#options;
    const file = this.#files.get(disk) ?? new LockFile({ disk, clock, staleMs, here: this.#here });
    this.#files.set(disk, file);
    return file;
  }

  /** The turn is ours: it ends with the lease, or here. */
  async #acquireInTurn(attempt: Attempt): Promise<LockOutcome> {
    let outcome: LockOutcome | undefined;
    try {
      outcome = await this.#acquireFile(attempt);
      return outcome;
    } finally {
      if (outcome?.type !== "held") this.#registry.leave(attempt.place.maildrop);
    }
  }

  async #acquireFile(attempt: Attempt): Promise<LockOutcome> {
    const { clock } = this.#options;
    for (let round = 0; ; round++) {
      const outcome = await this.#tryFile(attempt);
      if (outcome.type === "held" && attempt.signal.aborted) {
        await outcome.lease.release();
        return { type: "in-use", holder: undefined };
      }
      const leftMs = attempt.deadline - clock.monotonic();
      if (outcome.type !== "in-use" || leftMs <= 0 || attempt.signal.aborted) return outcome;
      await pause(clock, Math.min(leftMs, pollDelay(round)), attempt.signal);
    }
  }

  async #tryFile({ place, file, holder }: Attempt): Promise<LockOutcome> {
    const ends = new Ends(place.maildrop, holder.session, this.#registry, this.#options.onEvent);
    if (!place.exists) return { type: "held", lease: new MemoryLease(ends) };
    const lease = new FileLease(ends);
    try {
      const outcome = await file.try(place, (cause) => lease.lose(cause));
      if (outcome.type === "busy") return { type: "in-use", holder: outcome.owner && elsewhere(outcome.owner) };
      if (outcome.takenFrom !== undefined) ends.takenOver(outcome.takenFrom);
      lease.begin(outcome.lock);
      return { type: "held", lease };
    } catch (error) {
      return this.#withoutFile(ends, error);
    }
  }

  /** What the disk cannot write down, this process still can: its users must be able to empty a full disk. */
  #withoutFile(ends: Ends, error: unknown): LockOutcome {
    const code = errorCode(error) ?? "";
    const isMissing = code === "ENOENT" && this.#options.directory === undefined;
    if (!isMissing && !UNWRITABLE.has(code)) return { type: "unavailable", cause: error };
    if (!isMissing) ends.inMemoryOnly(code);
    return { type: "held", lease: new MemoryLease(ends) };
  }

  #holder({ session }: LockRequest): Holder {
    return { host: this.#here.host, pid: this.#here.pid, session };
  }
}

const elsewhere = ({ host, pid }: LockOwner): LockHolder => ({ host, pid, session: undefined });

/** What becomes of one lease, told to the registry and to the log. */
class Ends implements LeaseEnds {
  readonly #maildrop: string;
  readonly #session: string;
  readonly #registry: LockRegistry;
  readonly #onEvent: (event: LockEvent) => void;

  constructor(maildrop: string, session: string, registry: LockRegistry, onEvent: (event: LockEvent) => void) {
    this.#maildrop = maildrop;
    this.#session = session;
    this.#registry = registry;
    this.#onEvent = onEvent;
  }

  left(): void {
    this.#registry.leave(this.#maildrop);
  }

  lost(cause: unknown): void {
    this.#onEvent({ type: "lock-lost", ...this.#about(), cause });
  }

  releaseFailed(cause: unknown): void {
    this.#onEvent({ type: "lock-release-failed", ...this.#about(), cause });
  }

  takenOver(takeover: Takeover): void {
    this.#onEvent({ type: "lock-taken-over", ...this.#about(), ...takeover });
  }

  inMemoryOnly(code: string): void {
    this.#onEvent({ type: "lock-in-memory-only", ...this.#about(), code });
  }

  #about(): { maildrop: string; session: string } {
    return { maildrop: this.#maildrop, session: this.#session };
  }
}

type Holder = LockHolder & { readonly session: string };

interface Attempt {
  readonly place: LockPlace;
  readonly file: LockFile;
  readonly holder: Holder;
  /** On the monotonic clock. */
  readonly deadline: number;
  readonly signal: AbortSignal;
}

/** From 50 ms up to 250 ms, each a random part shorter, so that waiting processes do not march in step. */
function pollDelay(round: number): number {
  const longest = Math.min(FIRST_POLL_MS * 1.5 ** Math.min(round, 8), LAST_POLL_MS);
  return longest * (1 - Math.random() / 2);
}

const FIRST_POLL_MS = 50;
const LAST_POLL_MS = 250;
const UNWRITABLE: ReadonlySet<string> = new Set(["EROFS", "ENOSPC", "EDQUOT"]);
