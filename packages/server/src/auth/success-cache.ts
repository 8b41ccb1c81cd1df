// Remembers for a while which costly password was right, so that a client that polls each minute is not paid for with a
// bcrypt each time. It holds keyed hashes only, of user, password and stored secret together: worthless outside the process,
// and void as soon as the stored secret changes. Failures are never remembered.

import { createHmac, randomBytes } from "node:crypto";
import type { Clock } from "../clock.js";
import { LruMap } from "./lru-map.js";
import type { StoredSecret } from "./stored-secret.js";

export interface SuccessCache {
  /** Names one user, password and stored secret. */
  key(user: string, password: Uint8Array, secret: StoredSecret): string;
  has(key: string): boolean;
  add(key: string): void;
}

export interface SuccessCacheOptions {
  readonly clock: Clock;
  /** How long a success counts; default 5 minutes, 0: not at all. */
  readonly ttlMs?: number;
  /** Successes kept; the least recently used go first. Default 10,000. */
  readonly most?: number;
}

export function createSuccessCache({ clock, ttlMs = 5 * 60_000, most = 10_000 }: SuccessCacheOptions): SuccessCache {
  const pepper = randomBytes(32);
  const until = new LruMap<string, number>(most);
  return {
    key(user, password, secret) {
      const lengths = `${Buffer.byteLength(user)} ${password.length} `;
      const hmac = createHmac("sha256", pepper).update(lengths).update(user).update(password);
      return hmac.update(secret.stored.reveal()).digest("base64");
    },
    has: (key) => (until.get(key) ?? Number.NEGATIVE_INFINITY) > clock.monotonic(),
    add(key) {
      if (ttlMs > 0) until.set(key, clock.monotonic() + ttlMs);
    },
  };
}
