// What a session asks for besides sending: to authenticate, to open its maildrop, to update it, to let it go. Each answer is
// turned into the input that the session waits for.

import type { AuthenticationMethod, AuthenticationOutcome, Input, MessageNumber, Secret } from "@postigo/protocol";
import type { Eventually } from "@postigo/storage";
import type {
  Account,
  AuthenticationExchange,
  AuthenticationStep,
  Authenticator,
  Peer,
} from "../auth/authenticator.js";
import type { Clock } from "../clock.js";
import type { EventLog } from "../log/event-log.js";
import type { MaildropOpener, OpeningResult } from "../maildrop/maildrop-opener.js";
import type { MaildropSession } from "../maildrop/maildrop-session.js";
import type { Meter } from "../metrics/meter.js";

export interface LoginParts {
  readonly authenticator: Authenticator;
  readonly opener: MaildropOpener;
}

export interface DutyParts {
  readonly current: () => LoginParts;
  readonly clock: Clock;
  readonly log: EventLog;
  readonly meter?: Meter | undefined;
  /** The lock of the open maildrop is no longer ours. */
  readonly onLost: () => void;
}

export class SessionDuties {
  readonly #parts: DutyParts;
  /** Stands while the maildrop is being opened: to be aborted when the client goes. */
  #opening: AbortController | undefined;
  /** Settles with the opening, when a lock that came too late has been given back as well. */
  #openingOver: Promise<void> | undefined;
  #exchange: AuthenticationExchange | undefined;
  #mechanism = "";
  #account: Account | undefined;
  #began = 0;
  #maildrop: MaildropSession | undefined;
  #isUpdating = false;
  peer: Peer;

  constructor(parts: DutyParts, peer: Peer) {
    this.#parts = parts;
    this.peer = peer;
  }

  get maildrop(): MaildropSession | undefined {
    return this.#maildrop;
  }

  /** The account that is logged in. */
  get user(): string | undefined {
    return this.#maildrop === undefined ? undefined : this.#account?.name;
  }

  authenticate(method: AuthenticationMethod): Eventually<Input | undefined> {
    this.#began = this.#parts.clock.monotonic();
    this.#mechanism = mechanismName(method);
    this.#exchange = this.#parts.current().authenticator.begin(method, this.peer);
    return this.#step(this.#exchange.next());
  }

  continueAuthentication(response: Secret): Eventually<Input | undefined> {
    return this.#exchange && this.#step(this.#exchange.next(response));
  }

  cancelAuthentication(): void {
    this.#exchange?.cancel();
    this.#exchange = undefined;
  }

  open(): Promise<Input | undefined> {
    const opening = this.#open();
    this.#openingOver = opening.then(NOTHING, NOTHING);
    return opening;
  }

  async #open(): Promise<Input | undefined> {
    if (this.#account === undefined) throw new TypeError("open-maildrop before a login");
    this.#opening = new AbortController();
    const { signal } = this.#opening;
    const result = await this.#parts.current().opener.open({ account: this.#account, peer: this.peer, signal });
    this.#opening = undefined;
    if (result.type === "refused") {
      this.#parts.meter?.login(this.#mechanism, `maildrop-${result.reason}`);
      return { type: "maildrop-refused", reason: result.reason };
    }
    return this.#opened(result, signal);
  }

  async update(deleted: readonly MessageNumber[]): Promise<Input | undefined> {
    this.#isUpdating = true;
    const outcome = await this.#maildrop?.update(deleted);
    if (outcome?.type === "updated") return { type: "maildrop-updated", failed: outcome.failed };
    return { type: "maildrop-lost" };
  }

  /** As `end`, but waits for an opening that is under way too: its lock may come, and is then given back. */
  async endAltogether(): Promise<void> {
    await this.end();
    await this.#openingOver;
  }

  /** Nobody waits for anything any more. Resolves when the maildrop is free; never rejects. */
  async end(): Promise<void> {
    this.cancelAuthentication();
    this.#opening?.abort();
    await this.#maildrop?.release();
  }

  async #opened(
    { maildrop }: OpeningResult & { type: "opened" },
    { aborted }: AbortSignal,
  ): Promise<Input | undefined> {
    this.#maildrop = maildrop;
    if (aborted) {
      await maildrop.release();
      return undefined;
    }
    maildrop.lease.onLost(() => this.#lost());
    this.#parts.meter?.login(this.#mechanism, "accepted");
    this.#logLogin(maildrop);
    return { type: "maildrop-opened", listing: maildrop.listing };
  }

  /** An update that is under way stops by itself, and its outcome tells how far it came. */
  #lost(): void {
    if (!this.#isUpdating) this.#parts.onLost();
  }

  #step(step: Eventually<AuthenticationStep>): Eventually<Input | undefined> {
    return step instanceof Promise ? step.then((done) => this.#stepped(done)) : this.#stepped(step);
  }

  #stepped(step: AuthenticationStep): Input {
    if (step.type === "challenge") return { type: "authentication-challenge", challenge: step.octets };
    this.#exchange = undefined;
    if (step.type === "accepted") {
      this.#account = step.account;
      return FINISHED.accepted;
    }
    this.#parts.meter?.login(this.#mechanism, step.type);
    this.#logFailure(step);
    return FINISHED[step.type];
  }

  #logLogin(maildrop: MaildropSession): void {
    const { session, address, encrypted } = this.peer;
    this.#parts.log.event("login", {
      session,
      peer: address,
      user: this.#account?.name ?? "",
      mechanism: this.#mechanism,
      tls: encrypted,
      messages: maildrop.listing.count,
      octets: maildrop.listing.totalOctets,
      ms: Math.round(this.#parts.clock.monotonic() - this.#began),
      as: this.#account?.claimed,
    });
  }

  #logFailure(step: Exclude<AuthenticationStep, { type: "challenge" | "accepted" }>): void {
    const { session, address, encrypted } = this.peer;
    const { log } = this.#parts;
    const why = step.type === "rejected" ? step.why : step.type;
    log.event("login-failed", {
      session,
      peer: address,
      user: step.user,
      mechanism: this.#mechanism,
      why,
      tls: encrypted,
    });
    if (step.type !== "rejected") log.event("account-source-failed", { session, error: String(step.cause) });
  }
}

const NOTHING = (): void => undefined;

type FinishedInput = Extract<Input, { type: "authentication-finished" }>;

const finished = (outcome: AuthenticationOutcome): FinishedInput => ({ type: "authentication-finished", outcome });

const FINISHED = {
  accepted: finished("accepted"),
  rejected: finished("rejected"),
  unavailable: finished("unavailable"),
  misconfigured: finished("misconfigured"),
} as const;

function mechanismName(method: AuthenticationMethod): string {
  if (method.type === "sasl") return method.mechanism;
  return method.type === "apop" ? "APOP" : "USER";
}
