// Drives one session: gives it what arrives, performs what it asks for, in order, and gives it the outcome.
//
// What completes at once is performed within the same turn of the event loop, so that a burst of pipelined commands is
// answered with one write. At most one effect is awaited at a time (the session sees to that); octets that arrive
// meanwhile go to the session, which keeps them, bounded; when it can keep no more the socket is not read.

import type { Socket } from "node:net";
import { type CloseReason, type Effect, type Input, Session } from "@postigo/protocol";
import type { Eventually } from "@postigo/storage";
import type { Peer } from "../auth/authenticator.js";
import type { Clock, Timer } from "../clock.js";
import { CommandTimer } from "./command-timer.js";
import type { ConnectionParts } from "./connection-parts.js";
import { MessageSender, type SenderOutlet, type SendMessage } from "./message-sender.js";
import { SessionDuties } from "./session-duties.js";
import { factsOf, type SessionFacts } from "./session-facts.js";
import { attach, detach, type SocketOwner } from "./socket-events.js";
import type { Stage } from "./stage.js";
import { StallWatch } from "./stall-watch.js";
import { tlsVersionOf } from "./tls-version.js";

export class Connection implements SocketOwner, SenderOutlet {
  readonly stage: Stage;
  readonly clock: Clock;
  readonly #parts: ConnectionParts;
  readonly #session: Session;
  readonly #duties: SessionDuties;
  #socket: Socket;
  #timer: Timer;
  #stall: StallWatch | undefined;
  #waiting: (() => void) | undefined;
  #sender: MessageSender | undefined;
  #phase: "open" | "ending" | "closed" = "open";
  /** A TLS handshake is under way: there is no way to say anything. */
  #isSecuring = false;
  #isEndLogged = false;
  #isLeaving = false;
  #deleted = 0;
  readonly #began: number;
  #heardAt: number;
  readonly #commands: CommandTimer | undefined;

  constructor(socket: Socket, peer: Peer, parts: ConnectionParts) {
    this.#parts = parts;
    this.stage = parts.stage;
    this.clock = parts.clock;
    this.#began = parts.clock.monotonic();
    this.#heardAt = this.#began;
    this.#commands = parts.meter && new CommandTimer(parts.meter, parts.clock);
    this.#socket = socket;
    this.#session = new Session(parts.policy, {
      encrypted: peer.encrypted,
      apopStamp: peer.apopStamp,
      hearer: this.#commands,
    });
    this.#duties = new SessionDuties({ ...parts, onLost: () => this.#drive({ type: "maildrop-lost" }) }, peer);
    this.#timer = parts.clock.after(parts.timeouts.loginMs, () => this.#onTimer());
  }

  get peer(): Peer {
    return this.#duties.peer;
  }

  get user(): string | undefined {
    return this.#duties.user;
  }

  get facts(): SessionFacts {
    const { user, clock } = this;
    const times = { began: this.#began, heard: this.#heardAt, now: clock.monotonic(), wallClock: clock.now() };
    return factsOf({ peer: this.peer, user, state: this.#session.state, socket: this.#socket, times });
  }

  /** Greets; on an encrypted listener once the handshake is done. */
  start(): void {
    const { session, address, port, listener, encrypted } = this.peer;
    this.#parts.meter?.sessionOpened();
    this.#parts.log.event("session-opened", { session, peer: address, port, local: listener, tls: encrypted });
    const greet = () => this.#go(this.#perform(this.#session.start()));
    if (encrypted) this.#startTls(greet);
    else {
      attach(this.#socket, this);
      greet();
    }
  }

  /** The server is going: no UPDATE, but one that is under way is finished and answered. */
  shutdown(): void {
    this.#drive({ type: "shutdown" });
  }

  /** An operator ends the session. Resolves when its maildrop is free; an update under way is finished first. */
  async kick(): Promise<void> {
    this.#drive({ type: "kicked" });
    await this.#duties.endAltogether();
  }

  /** The same, but never within a response: once the session waits for a command and the socket has taken what was said. */
  shutdownWhenIdle(): void {
    this.#isLeaving = true;
    this.#settle();
  }

  /** Ends the connection at once; the maildrop is released without UPDATE. */
  destroy(): void {
    this.#socket.destroy();
  }

  onData(chunk: Buffer): void {
    if (this.isOver) return;
    this.#heardAt = this.clock.monotonic();
    this.#drive({ type: "octets", chunk });
  }

  onEnd(): void {
    this.#drive({ type: "end-of-stream" });
  }

  onDrain(): void {
    this.#stopWaiting();
    this.#settle();
  }

  onError(error: Error): void {
    this.#parts.log.event("connection-error", { session: this.peer.session, error: error.message });
  }

  onClose(): void {
    this.#drive({ type: "connection-lost" });
    this.#phase = "closed";
    this.#timer.cancel();
    this.#stopWaiting();
    void this.#duties.end().finally(() => this.#closed());
  }

  flush(): void {
    this.stage.flushTo(this.#socket);
  }

  /** Resolves true once the socket has taken what was written and the others had their turn; false when all is over. */
  async drained(): Promise<boolean> {
    this.flush();
    if (this.#socket.writableNeedDrain && !this.isOver) await this.#taken();
    // A quick reader's socket drains within this turn of the event loop, again and again.
    if (this.#isReachable) await new Promise<void>((resolve) => setImmediate(resolve));
    return this.#isReachable;
  }

  get #isReachable(): boolean {
    return !this.isOver && !this.#socket.destroyed;
  }

  get isOver(): boolean {
    return this.#phase !== "open";
  }

  get isBlocked(): boolean {
    return this.#socket.writableNeedDrain;
  }

  #drive(input: Input): void {
    if (this.isOver) return;
    try {
      const effects = this.#handle(input);
      // One octet a second of an endless line is no command, and does not keep a session alive.
      const isSign = input.type !== "octets" || effects.length > 0;
      if (isSign && this.#duties.maildrop !== undefined) this.#timer.restart();
      this.#go(this.#perform(effects));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Goes on as long as outcomes come at once; then writes what was staged. */
  #go(outcome: Eventually<Input | undefined>): void {
    let next = outcome;
    while (next !== undefined && !(next instanceof Promise)) next = this.#perform(this.#handle(next));
    next?.then(
      (input) => input && this.#drive(input),
      (error: unknown) => this.#fail(error),
    );
    this.#sender?.newTurn();
    this.flush();
    this.#settle();
  }

  #handle(input: Input): readonly Effect[] {
    const effects = this.#session.handle(input);
    this.#commands?.worked(this.#session.awaiting);
    return effects;
  }

  #perform(effects: readonly Effect[]): Eventually<Input | undefined> {
    let outcome: Eventually<Input | undefined>;
    for (const effect of effects) outcome = this.#effect(effect);
    return outcome ?? this.#sender?.body();
  }

  #effect(effect: Effect): Eventually<Input | undefined> {
    switch (effect.type) {
      case "send":
        return this.#send(effect.octets);
      case "send-message":
        return this.#openMessage(effect);
      case "await-drain":
        return this.#awaitDrain();
      case "authenticate":
        return this.#duties.authenticate(effect.method);
      case "continue-authentication":
        this.#commands?.heard("AUTH");
        return this.#duties.continueAuthentication(effect.response);
      case "cancel-authentication":
        return void this.#duties.cancelAuthentication();
      case "open-maildrop":
        return this.#openMaildrop();
      case "update-maildrop":
        this.#deleted = effect.deleted.length;
        return this.#duties.update(effect.deleted);
      case "release-maildrop":
        return void this.#duties.end();
      case "start-tls":
        return this.#startTls(() => this.#drive({ type: "tls-established" }));
      case "close":
        return this.#end(effect.reason);
    }
  }

  #send(octets: Uint8Array): undefined {
    if (octets.length > this.stage.room) this.flush();
    if (octets.length <= this.stage.room) this.stage.append(octets);
    else if (this.#socket.writable) this.#socket.write(octets);
  }

  async #awaitDrain(): Promise<Input | undefined> {
    return (await this.drained()) ? { type: "drained" } : undefined;
  }

  async #openMaildrop(): Promise<Input | undefined> {
    const input = await this.#duties.open();
    if (input?.type === "maildrop-opened") this.#startAutologout();
    return input;
  }

  #openMessage(effect: SendMessage): Eventually<Input | undefined> {
    if (this.#sender === undefined) {
      const maildrop = this.#duties.maildrop;
      if (maildrop === undefined) throw new TypeError("send-message without a maildrop");
      this.#sender = new MessageSender(this, maildrop, this.#parts.meter);
    }
    return this.#sender.open(effect);
  }

  /** RFC 2595 §4; on an encrypted listener it comes before the greeting. */
  #startTls(done: () => void): undefined {
    const raw = this.#socket;
    if (this.#parts.secure === undefined) throw new TypeError("start-tls on a listener without");
    raw.pause();
    this.flush();
    detach(raw);
    this.#socket = this.#parts.secure(raw);
    attach(this.#socket, this);
    this.#isSecuring = true;
    this.#socket.once("secure", () => {
      this.#isSecuring = false;
      this.#parts.meter?.encrypted(tlsVersionOf(this.#socket));
      this.#duties.peer = { ...this.peer, encrypted: true };
      done();
    });
  }

  #startAutologout(): void {
    this.#timer.cancel();
    this.#timer = this.#parts.clock.after(this.#parts.timeouts.autologoutMs, () => this.#onTimer());
  }

  /** While the server itself works nobody is idle; a client that does not read is a stalled one. */
  #onTimer(): void {
    if (this.#session.awaiting === undefined || this.#session.awaiting === "start-tls")
      this.#drive({ type: "autologout" });
    else this.#timer.restart();
  }

  /** Reads on, or stops reading, as the session and the socket can take more. */
  #settle(): void {
    if (this.isOver) return;
    const socket = this.#socket;
    if (this.#session.acceptsOctets && !socket.writableNeedDrain) {
      if (socket.isPaused()) socket.resume();
    } else if (!socket.isPaused()) socket.pause();
    if (socket.writableNeedDrain) this.#watchStall();
    else if (this.#isLeaving && this.#session.awaiting === undefined) this.#leave();
  }

  /** Not within the turn that is being settled. */
  #leave(): void {
    this.#isLeaving = false;
    setImmediate(() => {
      if (this.#session.awaiting === undefined) this.shutdown();
      else this.shutdownWhenIdle();
    });
  }

  #watchStall(): void {
    const { clock, timeouts } = this.#parts;
    this.#stall ??= new StallWatch(clock, timeouts.stalledMs, () => this.#stalled());
    this.#stall.start(this.#socket);
  }

  #stalled(): void {
    this.#parts.log.event("connection-stalled", { session: this.peer.session, user: this.user });
    this.#socket.destroy();
  }

  #taken(): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
      this.#watchStall();
    });
  }

  #stopWaiting(): void {
    this.#stall?.stop();
    const resolve = this.#waiting;
    this.#waiting = undefined;
    resolve?.();
  }

  #fail(error: unknown): undefined {
    this.#parts.log.event("session-failed", { session: this.peer.session, user: this.user, error: String(error) });
    // The stage is everybody's: nothing of ours may stay in it.
    this.flush();
    this.#socket.destroy();
  }

  #end(reason: CloseReason): undefined {
    this.flush();
    this.#logEnd(reason);
    this.#phase = "ending";
    this.#timer.cancel();
    this.#stopWaiting();
    if (this.#isSecuring) return void this.#socket.destroy();
    this.#socket.resume();
    const isForced = reason === "shutdown" || reason === "kicked";
    this.#socket.end(() => !isForced && this.#linger());
    // A client that does not read must not hold up the end of the server, nor outlive a kick.
    if (isForced) this.#linger();
    else if (this.#socket.writableLength > 0) this.#watchStall();
  }

  /** The client's own end is awaited for a while: destroying a socket with unread octets would reset it, and the reply with it. */
  #linger(): void {
    if (this.#phase === "closed") return;
    this.#stopWaiting();
    this.#timer = this.#parts.clock.after(LINGER_MS, () => this.#socket.destroy());
  }

  #closed(): void {
    // The session had no last word if the client left during UPDATE, or we failed.
    if (!this.#isEndLogged) this.#logEnd("connection-lost");
    this.#parts.onClosed();
  }

  #logEnd(reason: CloseReason): void {
    this.#isEndLogged = true;
    const { session } = this.peer;
    const ms = Math.round(this.#parts.clock.monotonic() - this.#began);
    const { bytesRead: octetsIn, bytesWritten: octetsOut } = this.#socket;
    this.#parts.meter?.sessionEnded(reason, { octetsIn, octetsOut });
    this.#parts.log.event("session-closed", {
      session,
      user: this.user,
      reason,
      retrieved: this.#sender?.retrieved ?? 0,
      top: this.#sender?.top ?? 0,
      deleted: this.#deleted,
      octetsIn,
      octetsOut,
      ms,
    });
  }
}

const LINGER_MS = 5_000;
