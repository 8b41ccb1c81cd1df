// One POP3 session: a function of what it is told, and the only mutable object of the protocol. README.md beside this file
// has the theory.

import { decodeBase64, encodeBase64 } from "../grammar/base64.js";
import type { Command, Malformed } from "../grammar/command.js";
import { parseCommand } from "../grammar/parse-command.js";
import { ASTERISK, type Span, utf8Octets } from "../octets.js";
import { okText, type Reply } from "../reply/reply.js";
import { type Language, WORDINGS } from "../reply/wording.js";
import { Secret } from "../secret.js";
import { CommandLineSplitter } from "../wire/command-line-splitter.js";
import { AUTHORIZATION_HANDLERS } from "./authorization.js";
import { DeletionMarks } from "./deletion-marks.js";
import type { CloseReason, Effect } from "./effect.js";
import type { AuthenticationOutcome, Input } from "./input.js";
import { DEFAULT_LANGUAGE } from "./languages.js";
import type { Listing } from "./listing.js";
import { Outbox } from "./outbox.js";
import type { AwaitedEffect, Circumstances, HandlerTable, Outcome } from "./outcome.js";
import * as replies from "./outcome-replies.js";
import type { CommandHearer, SessionOpening, SessionPolicy } from "./session-policy.js";
import { CHALLENGED, CLOSED, NOBODY, type SessionState } from "./session-state.js";
import { TRANSACTION_HANDLERS } from "./transaction.js";

export class Session {
  readonly #lines = new CommandLineSplitter();
  readonly #hearer: CommandHearer | undefined;
  #circumstances: Circumstances;
  #state: SessionState = NOBODY;
  #awaited: AwaitedEffect | undefined;
  #language: Language = DEFAULT_LANGUAGE;
  #badCommands = 0;
  #failedLogins = 0;
  /** From the status line of RETR or TOP to the end of the body: no other text may go out. */
  #isMessageUnderWay = false;
  #isEndOfStream = false;

  constructor(policy: SessionPolicy, { encrypted, apopStamp, hearer }: SessionOpening) {
    this.#hearer = hearer;
    const offer = encrypted ? policy.encrypted : policy.clear;
    this.#circumstances = { policy, offer, encrypted, apopStamp };
  }

  get state(): "AUTHORIZATION" | "TRANSACTION" | "UPDATE" | "CLOSED" {
    return this.#state.state;
  }

  /** The effect whose outcome the session waits for; octets that come meanwhile are kept, bounded, not interpreted. */
  get awaiting(): AwaitedEffect["type"] | undefined {
    return this.#awaited?.type;
  }

  /**
   * False when so much waits that the socket should not be read. What is handed in all the same is not lost. An unfinished
   * line alone never stops the reading: its own limit bounds it.
   */
  get acceptsOctets(): boolean {
    return this.#awaited === undefined || this.#lines.held < this.#circumstances.policy.limits.pipelineOctets;
  }

  /** The greeting (RFC 1939 §4), with the APOP stamp when APOP can work. */
  start(): readonly Effect[] {
    const { apopStamp } = this.#circumstances;
    const text = WORDINGS[this.#language].greeting;
    const outbox = new Outbox();
    this.#reply(okText(apopStamp === undefined ? text : `${text} ${apopStamp}`), outbox);
    return outbox.take();
  }

  /**
   * Takes one input, returns what is to be done, in order. Never throws for anything a peer or a disk can cause; an outcome
   * that nobody asked for is a TypeError. The octets of `send` may be shared and must not be changed.
   */
  handle(input: Input): readonly Effect[] {
    if (this.#state.state === "CLOSED") return NO_EFFECTS;
    const outbox = new Outbox();
    this.#take(input, outbox);
    this.#work(outbox);
    this.#lines.keep();
    return outbox.take();
  }

  #take(input: Input, outbox: Outbox): void {
    switch (input.type) {
      case "octets":
        // Nothing after QUIT is looked at, and nothing of a stream that runs into a TLS handshake (RFC 2595 §4, D19).
        if (this.#state.state !== "UPDATE" && this.awaiting !== "start-tls") this.#lines.push(input.chunk);
        return;
      case "end-of-stream":
        this.#isEndOfStream = true;
        return;
      case "connection-lost":
      case "autologout":
      case "kicked":
        // RFC 1939 §3: the autologout timer closes without a word. A running update is waited for.
        if (this.#state.state !== "UPDATE") this.#end(input.type, outbox);
        return;
      case "shutdown":
        if (this.#state.state !== "UPDATE") this.#shutDown(outbox);
        return;
      case "maildrop-lost":
        this.#endWith(replies.MAILDROP_LOST, "maildrop-lost", outbox);
        return;
      default:
        this.#takeOutcome(input, outbox);
    }
  }

  /** Only what was asked for can come in; anything else is a fault of ours, not of a peer. */
  #takeOutcome(input: OutcomeInput, outbox: Outbox): void {
    const awaited = this.#awaited;
    this.#awaited = undefined;
    switch (awaited?.type) {
      case "authenticate":
      case "continue-authentication":
        if (input.type === "authentication-challenge") this.#challenge(input.challenge, outbox);
        else if (input.type === "authentication-finished") this.#finishLogin(input.outcome, outbox);
        else notAskedFor(input);
        break;
      case "open-maildrop":
        if (input.type === "maildrop-opened") this.#openMaildrop(input.listing, outbox);
        else if (input.type === "maildrop-refused") this.#reply(replies.MAILDROP_REFUSALS[input.reason], outbox);
        else notAskedFor(input);
        break;
      case "send-message":
        if (this.#isMessageUnderWay) this.#finishMessage(input);
        else this.#beginMessage(awaited, input, outbox);
        break;
      case "update-maildrop":
        if (input.type === "maildrop-updated") this.#finishUpdate(input.failed, awaited.deleted.length, outbox);
        else notAskedFor(input);
        break;
      case "start-tls":
        if (input.type === "tls-established") this.#forgetAll();
        else notAskedFor(input);
        break;
      default:
        if (awaited === undefined || input.type !== "drained") notAskedFor(input);
    }
  }

  /** Works through every complete line until an effect is awaited. */
  #work(outbox: Outbox): void {
    const { burstOctets } = this.#circumstances.policy.limits;
    while (this.#awaited === undefined && this.#state.state !== "CLOSED") {
      if (outbox.octets >= burstOctets && this.#lines.held > 0) {
        this.#ask({ type: "await-drain" }, outbox);
        return;
      }
      const found = this.#nextLine();
      if (found === undefined) {
        if (this.#isEndOfStream) this.#end("end-of-stream", outbox);
        return;
      }
      this.#takeLine(found, outbox);
    }
  }

  /** RFC 5034 §4: before login a line may have to carry a SASL token, after it only short commands come. */
  #nextLine(): "line" | "too-long" | undefined {
    const { authorizationLineOctets, transactionLineOctets } = this.#circumstances.policy.limits;
    return this.#lines.next(this.#state.state === "AUTHORIZATION" ? authorizationLineOctets : transactionLineOctets);
  }

  #takeLine(found: "line" | "too-long", outbox: Outbox): void {
    if (this.#state.state === "AUTHORIZATION" && this.#state.isChallenged) this.#takeResponse(found, outbox);
    else if (found === "too-long") this.#rebuke(replies.LINE_TOO_LONG, outbox);
    else this.#takeCommand(parseCommand(this.#lines), outbox);
  }

  #takeCommand(command: Command | Malformed, outbox: Outbox): void {
    this.#hearer?.heard(command.verb);
    if (command.verb === "malformed") this.#rebuke(replies.MALFORMED[command.fault], outbox);
    else this.#perform(outcomeOf(this.#state, command, this.#circumstances), outbox);
  }

  #perform(outcome: Outcome, outbox: Outbox): void {
    switch (outcome.type) {
      case "reply":
        this.#state = outcome.next ?? this.#state;
        this.#reply(outcome.reply, outbox);
        break;
      case "ask":
        this.#state = outcome.next ?? this.#state;
        this.#ask(outcome.effect, outbox);
        break;
      case "bad-command":
        this.#rebuke(outcome.reply, outbox);
        break;
      case "failed-login":
        this.#refuseLogin("rejected", outbox);
        break;
      case "start-tls":
        this.#reply(outcome.reply, outbox);
        this.#lines.clear();
        this.#ask({ type: "start-tls" }, outbox);
        break;
      case "speak":
        this.#language = outcome.language;
        this.#reply(outcome.reply, outbox);
        break;
      default:
        this.#reply(outcome.reply, outbox);
        this.#end(outcome.reason, outbox);
    }
  }

  #reply(reply: Reply, outbox: Outbox): void {
    if (reply.positive) this.#badCommands = 0;
    outbox.send(reply.statusLine[this.#language]);
    if (reply.body !== undefined) outbox.send(reply.body);
  }

  #ask(effect: AwaitedEffect, outbox: Outbox): void {
    this.#awaited = effect;
    outbox.push(effect);
  }

  /** Answers a bad command; one too many in a row is the last. */
  #rebuke(reply: Reply, outbox: Outbox): void {
    const { badCommandsBeforeLogin, badCommandsAfterLogin } = this.#circumstances.policy.limits;
    this.#badCommands++;
    const most = this.#state.state === "AUTHORIZATION" ? badCommandsBeforeLogin : badCommandsAfterLogin;
    if (this.#badCommands < most) this.#reply(reply, outbox);
    else this.#endWith(replies.TOO_MANY_BAD_COMMANDS, "too-many-bad-commands", outbox);
  }

  #challenge(challenge: Uint8Array, outbox: Outbox): void {
    this.#state = CHALLENGED;
    outbox.send(utf8Octets(`+ ${encodeBase64(challenge)}\r\n`));
  }

  /** The client's answer to a challenge (RFC 5034 §4). */
  #takeResponse(found: "line" | "too-long", outbox: Outbox): void {
    this.#state = NOBODY;
    const response = found === "line" ? decodeBase64(this.#lines) : undefined;
    if (response !== undefined) {
      this.#ask({ type: "continue-authentication", response: new Secret(response) }, outbox);
      return;
    }
    outbox.push({ type: "cancel-authentication" });
    if (found === "too-long") this.#rebuke(replies.LINE_TOO_LONG, outbox);
    else if (isAsterisk(this.#lines)) this.#reply(replies.CANCELLED, outbox);
    else this.#rebuke(replies.BAD_BASE64, outbox);
  }

  #finishLogin(outcome: AuthenticationOutcome, outbox: Outbox): void {
    // D17: +OK only once the maildrop stands open.
    if (outcome === "accepted") this.#ask({ type: "open-maildrop" }, outbox);
    else this.#refuseLogin(outcome, outbox);
  }

  #refuseLogin(outcome: Exclude<AuthenticationOutcome, "accepted">, outbox: Outbox): void {
    this.#state = NOBODY;
    if (outcome === "rejected") this.#failedLogins++;
    this.#reply(replies.LOGIN_REFUSALS[outcome], outbox);
    if (this.#failedLogins >= this.#circumstances.policy.limits.failedLogins)
      this.#end("too-many-failed-logins", outbox);
  }

  #openMaildrop(listing: Listing, outbox: Outbox): void {
    this.#state = { state: "TRANSACTION", listing, marks: new DeletionMarks(listing) };
    this.#reply(replies.welcome(this.#language, listing), outbox);
  }

  #beginMessage(awaited: SendMessage, input: OutcomeInput, outbox: Outbox): void {
    if (input.type === "message-opened") {
      this.#awaited = awaited;
      this.#isMessageUnderWay = true;
      this.#reply(replies.messageFollows(this.#language, input.octets, awaited.bodyLines), outbox);
    } else if (input.type === "message-unavailable") {
      this.#reply(replies.MESSAGE_REFUSALS[input.reason], outbox);
    } else notAskedFor(input);
  }

  #finishMessage(input: OutcomeInput): void {
    if (input.type !== "message-sent") notAskedFor(input);
    this.#isMessageUnderWay = false;
  }

  #finishUpdate(failed: number, marked: number, outbox: Outbox): void {
    this.#reply(replies.farewell(this.#language, failed, marked), outbox);
    this.#end("quit", outbox);
  }

  /** RFC 2595 §4: nothing learnt before the handshake counts after it. */
  #forgetAll(): void {
    const { policy, apopStamp } = this.#circumstances;
    this.#circumstances = { policy, offer: policy.encrypted, encrypted: true, apopStamp };
    this.#state = NOBODY;
    this.#language = DEFAULT_LANGUAGE;
  }

  #shutDown(outbox: Outbox): void {
    if (this.awaiting === "start-tls") this.#end("shutdown", outbox);
    else this.#endWith(replies.SHUTTING_DOWN, "shutdown", outbox);
  }

  /** Says why, unless the words would fall into the body of a message. */
  #endWith(reply: Reply, reason: CloseReason, outbox: Outbox): void {
    if (!this.#isMessageUnderWay) this.#reply(reply, outbox);
    this.#end(reason, outbox);
  }

  /** A maildrop that is open, or about to be, is let go; only a finished update has done that itself. */
  #end(reason: CloseReason, outbox: Outbox): void {
    const mayHoldMaildrop = this.#state.state !== "AUTHORIZATION" || this.awaiting === "open-maildrop";
    if (mayHoldMaildrop && reason !== "quit") outbox.push({ type: "release-maildrop" });
    outbox.push({ type: "close", reason });
    this.#state = CLOSED;
    this.#awaited = undefined;
    this.#lines.clear();
  }
}

type OutcomeInput = Exclude<
  Input,
  { type: "octets" | "end-of-stream" | "connection-lost" | "autologout" | "kicked" | "shutdown" | "maildrop-lost" }
>;

type SendMessage = Extract<AwaitedEffect, { type: "send-message" }>;

/** A command is legal in a state because it stands in its table: none is while the maildrop is updated, or ever after. */
const HANDLERS: { readonly [S in SessionState["state"]]: HandlerTable<SessionState> } = {
  AUTHORIZATION: AUTHORIZATION_HANDLERS,
  TRANSACTION: TRANSACTION_HANDLERS,
  UPDATE: new Map(),
  CLOSED: new Map(),
};

function outcomeOf(state: SessionState, command: Command, circumstances: Circumstances): Outcome {
  const handle = HANDLERS[state.state].get(command.verb);
  return handle === undefined ? replies.NOT_IN_STATE[state.state] : handle(state, command, circumstances);
}

const isAsterisk = ({ octets, start, end }: Span): boolean => end - start === 1 && octets[start] === ASTERISK;

function notAskedFor(input: OutcomeInput): never {
  throw new TypeError(`nobody asked for ${input.type}`);
}

const NO_EFFECTS: readonly Effect[] = [];
