// One login attempt, whatever the mechanism: holds back refusals as the throttle says, turns faults into "unavailable", and
// can be called off at any moment.

import type { Secret } from "@postigo/protocol";
import type { Eventually } from "@postigo/storage";
import type { Clock, Timer } from "../clock.js";
import type { AuthenticationExchange, AuthenticationStep, Peer } from "./authenticator.js";
import { SchemeUnsupportedError } from "./stored-secret.js";
import type { Throttle } from "./throttle.js";

/** What a mechanism knows of the attempt it serves. */
export interface Attempt {
  readonly peer: Peer;
  /** True once nobody waits for the result: costly work not begun yet can be left out. */
  readonly cancelled: boolean;
  /** Notes the name that is claimed, for the record of a fault. */
  claims(user: string): void;
}

/** The part of an exchange that differs between the mechanisms. May throw or reject: that is a fault of ours or of a source. */
export interface Dialogue {
  next(response: Uint8Array | undefined): Eventually<AuthenticationStep>;
}

/**
 * The SASL dialogue whose first message is the initial response: undefined when the client sent none, empty for `=`.
 * A later message that is missing is an empty one.
 */
export function openWith(initial: Secret | undefined, dialogue: Dialogue): Dialogue {
  let isFirst = true;
  return {
    next(response) {
      const message = isFirst ? initial?.reveal() : (response ?? new Uint8Array());
      isFirst = false;
      return dialogue.next(message);
    },
  };
}

export interface LoginExchangeOptions {
  readonly peer: Peer;
  readonly throttle: Throttle;
  readonly clock: Clock;
  readonly dialogue: (attempt: Attempt) => Dialogue;
}

export class LoginExchange implements AuthenticationExchange, Attempt {
  readonly peer: Peer;
  readonly #throttle: Throttle;
  readonly #clock: Clock;
  readonly #dialogue: Dialogue;
  #user: string | undefined;
  #cancelled = false;
  #held: { readonly timer: Timer; readonly release: () => void } | undefined;

  constructor({ peer, throttle, clock, dialogue }: LoginExchangeOptions) {
    this.peer = peer;
    this.#throttle = throttle;
    this.#clock = clock;
    this.#dialogue = dialogue(this);
  }

  get cancelled(): boolean {
    return this.#cancelled;
  }

  claims(user: string): void {
    this.#user = user;
  }

  next(response?: Secret): Eventually<AuthenticationStep> {
    try {
      const step = this.#dialogue.next(response?.reveal());
      return step instanceof Promise
        ? step.then((s) => this.#settle(s)).catch((cause) => this.#fault(cause))
        : this.#settle(step);
    } catch (cause) {
      return this.#fault(cause);
    }
  }

  cancel(): void {
    this.#cancelled = true;
    this.#held?.timer.cancel();
    this.#held?.release();
    this.#held = undefined;
  }

  #settle(step: AuthenticationStep): Eventually<AuthenticationStep> {
    const { address } = this.peer;
    if (step.type === "rejected") return this.#hold(step, this.#throttle.failed(address, step.countedAs ?? step.user));
    if (step.type !== "accepted") return step;
    const wait = this.#throttle.remaining(address, step.account.name);
    this.#throttle.succeeded(address, step.account.name);
    return this.#hold(step, wait);
  }

  #hold(step: AuthenticationStep, ms: number): Eventually<AuthenticationStep> {
    if (ms === 0 || this.#cancelled) return step;
    return new Promise((resolve) => {
      const release = () => resolve(step);
      this.#held = { timer: this.#clock.after(ms, release), release };
    });
  }

  #fault(cause: unknown): AuthenticationStep {
    const type = cause instanceof SchemeUnsupportedError ? "misconfigured" : "unavailable";
    return { type, user: this.#user, cause };
  }
}
