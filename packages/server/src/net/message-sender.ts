// RETR and TOP for one connection: opens the message, tells the session how many octets it has, sends the body. Made when the
// first message is asked for: most sessions only look whether there is mail.

import type { Effect, Input } from "@postigo/protocol";
import type { Eventually, MessageTrouble, OpenMessage } from "@postigo/storage";
import type { MaildropSession } from "../maildrop/maildrop-session.js";
import type { Meter } from "../metrics/meter.js";
import { MessageTransfer, type Outlet, readTarget } from "./message-transfer.js";
import { announceWhole, isWhole, stageWhole } from "./whole-message.js";

export type SendMessage = Extract<Effect, { type: "send-message" }>;

/** What a sender needs of its connection. */
export interface SenderOutlet extends Outlet {
  /** The session is over, or about to be. */
  readonly isOver: boolean;
  /** The socket has not taken all that was written. */
  readonly isBlocked: boolean;
}

export class MessageSender {
  readonly #outlet: SenderOutlet;
  readonly #maildrop: MaildropSession;
  readonly #meter: Meter | undefined;
  #sending: { readonly effect: SendMessage; readonly message: OpenMessage } | undefined;
  #turnMessages = 0;
  retrieved = 0;
  top = 0;

  constructor(outlet: SenderOutlet, maildrop: MaildropSession, meter: Meter | undefined) {
    this.#outlet = outlet;
    this.#maildrop = maildrop;
    this.#meter = meter;
  }

  /** Gives `message-opened`, after whose effects `body` is to be called, or `message-unavailable`. */
  open(effect: SendMessage): Eventually<Input | undefined> {
    const maildrop = this.#maildrop;
    const opened = maildrop.open(effect.message, readTarget(maildrop, this.#outlet.stage, undefined));
    return opened instanceof Promise ? opened.then((done) => this.#opened(effect, done)) : this.#opened(effect, opened);
  }

  /** Sends the body of the message that stands open, if one does; gives `message-sent`, or nothing when the connection is over. */
  body(): Eventually<Input | undefined> {
    if (this.#sending === undefined) return undefined;
    const { effect, message } = this.#sending;
    this.#sending = undefined;
    if (this.#outlet.isOver) return void message.close();
    if (!isWhole(message)) return this.#stream(effect, message);
    stageWhole(message, this.#outlet.stage, effect.bodyLines);
    message.close();
    this.#count(effect);
    if (!this.#outlet.isBlocked && ++this.#turnMessages < MESSAGES_A_TURN) return MESSAGE_SENT;
    return this.#sentWhenDrained();
  }

  /** The connection begins another turn of the event loop. */
  newTurn(): void {
    this.#turnMessages = 0;
  }

  #opened(effect: SendMessage, opened: OpenMessage | MessageTrouble): Input | undefined {
    if (typeof opened === "string") return { type: "message-unavailable", reason: opened };
    const outlet = this.#outlet;
    if (outlet.isOver) return void opened.close();
    if (outlet.stage.room < 2 * opened.first + STATUS_LINE_OCTETS) outlet.flush();
    const maildrop = this.#maildrop;
    const octets = isWhole(opened) ? announceWhole(opened, outlet.stage) : opened.octets;
    if (octets !== maildrop.listing.octets(effect.message)) maildrop.correctOctets(effect.message, octets);
    this.#sending = { effect, message: opened };
    return { type: "message-opened", octets };
  }

  async #sentWhenDrained(): Promise<Input | undefined> {
    return (await this.#outlet.drained()) ? MESSAGE_SENT : undefined;
  }

  /** Rejects when the file failed after body octets were sent: the connection must end without the termination octet. */
  async #stream(effect: SendMessage, message: OpenMessage): Promise<Input | undefined> {
    const transfer = new MessageTransfer(message, this.#maildrop, effect.bodyLines);
    const result = await transfer.send(this.#outlet);
    if (result === "gone") return undefined;
    if (result === "broken") throw new Error(`message ${effect.message} could not be read to its end`);
    if (result === "corrected") this.#maildrop.correctOctets(effect.message, transfer.sentOctets);
    this.#count(effect);
    return MESSAGE_SENT;
  }

  #count(effect: SendMessage): void {
    if (effect.bodyLines === "all") {
      this.retrieved++;
      this.#meter?.messageRetrieved();
      this.#maildrop.retrieved(effect.message);
    } else this.top++;
  }
}

const MESSAGE_SENT: Input = { type: "message-sent" };
/** Small messages one connection may send before the others have their turn: about a millisecond. */
const MESSAGES_A_TURN = 64;
const STATUS_LINE_OCTETS = 1024;
