// What the connection needs of exclusivity: at most one session in a maildrop, over all processes and hosts that share it.

import type { Eventually } from "@postigo/storage";
import type { HostFacts } from "./host-facts.js";

export interface MaildropLock {
  /** Waits up to the configured time for the owner to leave. Never throws for what a disk or another process can do. */
  acquire(maildrop: string, request: LockRequest): Promise<LockOutcome>;
  /** Nothing more is to be locked: leaves on disk what is held, and nothing else. */
  close(): void;
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
  | { readonly type: "in-use"; readonly holder: LockHolder | undefined }
  | { readonly type: "unavailable"; readonly cause: unknown };

/** A process that may hold locks, as its owner file tells. */
export interface LockOwner extends HostFacts {
  /** Random; no two owner files share one. */
  readonly token: string;
  /** When the owner file was made; ISO 8601. */
  readonly since: string;
}

/** Who stands in the way. */
export interface LockHolder {
  readonly host: string;
  readonly pid: number;
  /** Known of this process only. */
  readonly session: string | undefined;
}

export interface Lease {
  /** Called once, when the lock turns out to be no longer ours. */
  onLost(listener: (cause: unknown) => void): void;
  /** Looks at the disk: is the lock there still ours? Asked before UPDATE. Never rejects. */
  isHeld(): Eventually<boolean>;
  /** Frees the lock if it is still ours; it is free when that is done. Idempotent, never throws or rejects. */
  release(): Eventually<void>;
}
