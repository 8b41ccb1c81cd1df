// What an operator may want to know of the locks. The server turns each into a line of its log.

import type { LockOwner } from "./maildrop-lock.js";

export type LockEvent =
  /** The lock of an owner that is dead, or silent for longer than the stale age, was taken over. */
  | {
      readonly type: "lock-taken-over";
      readonly maildrop: string;
      readonly session: string;
      readonly why: TakeoverReason;
      readonly owner: LockOwner | undefined;
    }
  /** Nothing can be written there: only the sessions of this process exclude each other. */
  | { readonly type: "lock-in-memory-only"; readonly maildrop: string; readonly session: string; readonly code: string }
  /** A running session is no longer the owner of its maildrop. */
  | { readonly type: "lock-lost"; readonly maildrop: string; readonly session: string; readonly cause: unknown }
  | {
      readonly type: "lock-release-failed";
      readonly maildrop: string;
      readonly session: string;
      readonly cause: unknown;
    };

/** `dead`: its process has gone. `rebooted`: its machine has started again. `stale`: it gave no sign of life for too long. */
export type TakeoverReason = "dead" | "rebooted" | "stale";
