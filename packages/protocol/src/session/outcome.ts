// What handling one command leads to. Handlers return it; only the session acts.

import type { Command, CommandOf, Verb } from "../grammar/command.js";
import type { Reply } from "../reply/reply.js";
import type { Language } from "../reply/wording.js";
import type { CloseReason, Effect } from "./effect.js";
import type { LoginOffer, SessionPolicy } from "./session-policy.js";
import type { SessionState } from "./session-state.js";

export type Outcome =
  | { readonly type: "reply"; readonly reply: Reply; readonly next?: SessionState }
  /** Counted towards the row that ends the connection. */
  | { readonly type: "bad-command"; readonly reply: Reply }
  /** Answered like any other failed login, though no one was asked. */
  | { readonly type: "failed-login" }
  | { readonly type: "ask"; readonly effect: AwaitedEffect; readonly next?: SessionState }
  | { readonly type: "start-tls"; readonly reply: Reply }
  | { readonly type: "speak"; readonly language: Language; readonly reply: Reply }
  | { readonly type: "close"; readonly reply: Reply; readonly reason: CloseReason };

/** Effects whose outcome must come in before the next command is looked at. */
export type AwaitedEffect = Exclude<
  Effect,
  { readonly type: "send" | "cancel-authentication" | "release-maildrop" | "close" }
>;

/** What a handler may know besides its state. */
export interface Circumstances {
  readonly policy: SessionPolicy;
  readonly offer: LoginOffer;
  readonly encrypted: boolean;
  readonly apopStamp: string | undefined;
}

/**
 * A handler of one command in one state. Declared as a method, whose parameters TypeScript compares both ways, because the
 * table below gives a handler only commands of its own verb.
 */
export type Handler<S, C extends Command> = {
  handle(state: S, command: C, circumstances: Circumstances): Outcome;
}["handle"];

/** A command is legal in a state because it stands in the state's table. */
export type Handlers<S> = { readonly [V in Verb]?: Handler<S, CommandOf<V>> };

export type HandlerTable<S> = ReadonlyMap<string, Handler<S, Command>>;

export const handlerTable = <S>(handlers: Handlers<S>): HandlerTable<S> => new Map(Object.entries(handlers));
