// An authenticator over the lines of a users file, with a clock that stands and a queue that is counted.

import { type AuthenticationMethod, Secret } from "@postigo/protocol";
import type { AccountSource } from "#server/auth/account-source";
import type { Authenticator, Peer } from "#server/auth/authenticator";
import { type AuthenticatorOptions, createAuthenticator } from "#server/auth/create-authenticator";
import { createHashQueue, type HashQueue } from "#server/auth/hash-queue";
import { createMemorySource } from "#server/auth/memory-source";
import { createThrottle } from "#server/auth/throttle";
import { parseUsersFile } from "#server/auth/users-file";
import { createTurnedClock, type TurnedClock } from "./turned-clock.js";

export const PEER: Peer = {
  session: "s1",
  address: "192.0.2.7",
  port: 40000,
  listener: "127.0.0.1:110",
  encrypted: true,
  apopStamp: undefined,
};

export interface Bench {
  readonly authenticator: Authenticator;
  readonly clock: TurnedClock;
  /** Jobs handed to the hash queue. */
  jobs(): number;
}

export function benchOver(lines: readonly string[], options: Partial<AuthenticatorOptions> = {}): Bench {
  const clock = createTurnedClock();
  const hashing = countingQueue();
  const authenticator = createAuthenticator({
    sources: [sourceOf(lines)],
    mechanisms: undefined,
    apop: false,
    clock,
    hashing,
    throttle: createThrottle({ clock, failuresBeforeDelay: 1000 }),
    hostname: "pop.example.org",
    strangerKey: new Uint8Array(32),
    ...options,
  });
  return { authenticator, clock, jobs: () => hashing.jobs };
}

/** Throws for a line that cannot be used: fixtures have to be right. */
export function sourceOf(lines: readonly string[]): AccountSource {
  const { accounts, problems } = parseUsersFile(lines.join("\n"));
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return createMemorySource(accounts);
}

export function password(user: string, text: string | Uint8Array): AuthenticationMethod {
  return { type: "password", user, password: secret(text) };
}

export function sasl(mechanism: string, initialResponse?: string | Uint8Array): AuthenticationMethod {
  return {
    type: "sasl",
    mechanism,
    initialResponse: initialResponse === undefined ? undefined : secret(initialResponse),
  };
}

export function secret(text: string | Uint8Array): Secret {
  return new Secret(Buffer.from(text));
}

function countingQueue(): HashQueue & { readonly jobs: number } {
  const queue = createHashQueue();
  let jobs = 0;
  return {
    get jobs() {
      return jobs;
    },
    run(address, job) {
      jobs += 1;
      return queue.run(address, job);
    },
  };
}
