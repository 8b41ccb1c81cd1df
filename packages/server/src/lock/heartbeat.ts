// The sign of life of an owner file: proper-lockfile gives it at its intervals, goes on after a failure, notices when the file
// is lost, and hears of the exit of the process. Making and removing is ours.
//
// proper-lockfile breaks a stale lock by rmdir and mkdir with no look in between, and releases by rmdir without asking whose it is; both can
// remove the lock of a successor. Its file calls go through an adapter of ours, where mkdir finds the file that was just made and rmdir does nothing.
// It is one object for all files, because proper-lockfile remembers on it how fine file times are; they are written in whole
// seconds, so that what it learnt on one file system holds on every other.

import { type LockOptions, lock } from "proper-lockfile";

/** What lives by a heartbeat. */
export interface Living {
  /** Unlike that of any other. */
  readonly token: string;
  /** Sets the time of the last sign of life, in milliseconds since 1970. Rejects with what the disk says. */
  beat(ms: number): Promise<void>;
  /** Whether the file has no name left. Rejects with what the disk says. */
  isGone(): Promise<boolean>;
  /** No sign of life can be given any more. */
  onLost(cause: unknown): void;
  /** The process exits. */
  onExit(): void;
}

export class Heartbeats {
  readonly #fs = new HeartbeatFs();
  readonly #staleMs: number;

  constructor(staleMs: number) {
    this.#staleMs = staleMs;
  }

  /** Ends with the function that it gives. */
  begin(living: Living): () => void {
    const { token } = living;
    this.#fs.begin(living);
    const options: LockOptions = {
      fs: this.#fs,
      realpath: false,
      lockfilePath: token,
      stale: this.#staleMs,
      update: this.#staleMs / HEARTBEATS_PER_STALE_AGE,
      onCompromised: (cause) => living.onLost(cause),
    };
    const beginning = lock(token, options).catch((cause: unknown) => living.onLost(cause));
    return () => {
      // What it rejects with is only that it was over already.
      void beginning.then((end) => end?.()).catch(() => undefined);
      this.#fs.end(token);
    };
  }
}

type Callback<T> = (error: unknown, result?: T) => void;

/** The calls that proper-lockfile makes, under the names it makes them by. A path is a token here. */
class HeartbeatFs {
  /** `told` is the time that proper-lockfile has set, in milliseconds: what it wants to find again. */
  readonly #pulses = new Map<string, { readonly living: Living; told: number }>();

  begin(living: Living): void {
    this.#pulses.set(living.token, { living, told: 0 });
  }

  end(token: string): void {
    this.#pulses.delete(token);
  }

  mkdir(_token: string, callback: Callback<void>): void {
    callback(null);
  }

  rmdir(_token: string, callback: Callback<void>): void {
    callback(null);
  }

  stat(token: string, callback: Callback<{ mtime: Date }>): void {
    answer(callback, async () => {
      const pulse = this.#pulses.get(token);
      if (pulse === undefined || (await pulse.living.isGone())) throw new GoneError();
      return { mtime: new Date(pulse.told) };
    });
  }

  utimes(token: string, _accessed: Date, modified: Date, callback: Callback<void>): void {
    answer(callback, async () => {
      const pulse = this.#pulses.get(token);
      if (pulse === undefined) return;
      const ms = Math.floor(modified.getTime() / 1000) * 1000;
      await pulse.living.beat(ms);
      pulse.told = ms;
    });
  }

  /** Called for each that still lives when the process exits. */
  rmdirSync(token: string): void {
    this.#pulses.get(token)?.living.onExit();
  }
}

function answer<T>(callback: Callback<T>, call: () => Promise<T>): void {
  call().then((result) => callback(null, result), callback);
}

class GoneError extends Error {
  readonly code = "ENOENT";

  constructor() {
    super("the owner file has no name left");
  }
}

/** So often can a refresh fail or come late before the lock counts as stale; the floor of proper-lockfile is one a second. */
const HEARTBEATS_PER_STALE_AGE = 6;
