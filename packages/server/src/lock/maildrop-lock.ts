// What the connection needs of exclusivity: at most one session in a maildrop, over all processes and hosts that share it.

export interface MaildropLock {
  /** Waits up to the configured time for the owner to leave. Never throws for what a disk or another process can do. */
  acquire(maildrop: string, request: LockRequest): Promise<LockOutcome>;
}

export interface LockRequest {
  readonly session: string;
  readonly user: string;
  readonly peer: string;
  /** Aborted when the client has gone: stop waiting. */
  readonly signal: AbortSignal;
}

export type LockOutcome =
  | { readonly type: "held"; readonly lease: Lease }
  | { readonly type: "in-use"; readonly owner: LockOwner | undefined }
  | { readonly type: "unavailable"; readonly cause: unknown };

/** Facts of the session that holds a lock, as they stand in the owner file. */
export interface LockOwner {
  readonly token: string;
  readonly host: string;
  /** The machine's id, the boot of its kernel and the pid namespace; each empty where the system does not tell. */
  readonly machine: string;
  readonly bootId: string;
  readonly pidNamespace: string;
  readonly pid: number;
  /** Start time of that process in clock ticks since boot, which tells it from a later one with the same pid. */
  readonly pidStart: number;
  readonly session: string;
  readonly user: string;
  readonly peer: string;
  /** ISO 8601. */
  readonly since: string;
}

export interface Lease {
  /** Called once, when the lock turns out to be no longer ours. */
  onLost(listener: (cause: unknown) => void): void;
  /** Looks at the disk: is the token there still ours? Asked before UPDATE. */
  isHeld(): boolean;
  /** Frees the lock if it is still ours. Idempotent, never throws. */
  release(): void;
}
