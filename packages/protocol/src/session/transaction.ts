// TRANSACTION (RFC 1939 §5): every command that is legal once the maildrop is open stands in the table. What STAT, LIST, UIDL,
// DELE and RSET say comes from memory; only RETR and TOP ask for a message, and only QUIT for the update.

import { type MessageNumber, parseMessageNumber } from "../message-number.js";
import { utf8Octets } from "../octets.js";
import { err, ok, okOctets, withBody } from "../reply/reply.js";
import { capabilityList } from "./capabilities.js";
import { changeLanguage } from "./languages.js";
import { type Handlers, handlerTable, type Outcome } from "./outcome.js";
import { type Transaction, UPDATE } from "./session-state.js";

const HANDLERS = {
  STAT: ({ listing, marks }) => okLine(`${listing.count - marks.count} ${listing.totalOctets - marks.octets}`),

  LIST: (state, { message }) => {
    if (message === undefined) return listingOf(state.listing.scanListing(state.marks.asFilter()));
    const found = usable(state, message);
    return found === undefined ? unusable(state, message) : okLine(`${found} ${state.listing.octets(found)}`);
  },

  UIDL: (state, { message }) => {
    if (message === undefined) return listingOf(state.listing.uniqueIdListing(state.marks.asFilter()));
    const found = usable(state, message);
    if (found === undefined) return unusable(state, message);
    const uniqueId = state.listing.uniqueId(found);
    return uniqueId === undefined ? NO_UNIQUE_ID : okLine(`${found} ${uniqueId}`);
  },

  RETR: (state, { message }) => sendMessage(state, message, "all"),
  TOP: (state, { message, bodyLines }) => sendMessage(state, message, bodyLines),

  DELE: (state, { message }) => {
    const found = usable(state, message);
    if (found === undefined) return unusable(state, message);
    state.marks.add(found);
    return MARKED;
  },

  NOOP: () => DONE,

  RSET: ({ marks }) => {
    marks.clear();
    return UNMARKED;
  },

  CAPA: (_state, _command, circumstances) => ({ type: "reply", reply: capabilityList("TRANSACTION", circumstances) }),
  LANG: (_state, { language }) => changeLanguage(language),

  // The reply is made by the outcome of the update, never here (D2, D3).
  QUIT: ({ marks }) => ({
    type: "ask",
    effect: { type: "update-maildrop", deleted: marks.inOrder() },
    next: UPDATE,
  }),
} as const satisfies Handlers<Transaction>;

function sendMessage(state: Transaction, number: number, bodyLines: number | "all"): Outcome {
  const message = usable(state, number);
  if (message === undefined) return unusable(state, number);
  return { type: "ask", effect: { type: "send-message", message, bodyLines } };
}

/** The one place that says which numbers name a message: those of the maildrop that are not marked (RFC 1939 §5, DELE). */
function usable({ listing, marks }: Transaction, number: number): MessageNumber | undefined {
  const message = parseMessageNumber(number, listing.count);
  return message === undefined || marks.has(message) ? undefined : message;
}

const unusable = ({ listing }: Transaction, number: number): Outcome =>
  parseMessageNumber(number, listing.count) === undefined ? NO_SUCH_MESSAGE : MESSAGE_MARKED;

/** `+OK` and what reads alike in every language. */
const okLine = (text: string): Outcome => ({ type: "reply", reply: okOctets(utf8Octets(`+OK ${text}\r\n`)) });

const listingOf = (lines: Uint8Array): Outcome => ({ type: "reply", reply: withBody(LISTING, lines) });

const LISTING = ok("listing");
const MARKED: Outcome = { type: "reply", reply: ok("marked") };
const UNMARKED: Outcome = { type: "reply", reply: ok("unmarked") };
const DONE: Outcome = { type: "reply", reply: ok("done") };
const NO_SUCH_MESSAGE: Outcome = { type: "reply", reply: err("noSuchMessage") };
const MESSAGE_MARKED: Outcome = { type: "reply", reply: err("messageMarked") };
const NO_UNIQUE_ID: Outcome = { type: "reply", reply: err("noUniqueId", "SYS/TEMP") };

// Last, because the handlers name the constants above.
export const TRANSACTION_HANDLERS = handlerTable<Transaction>(HANDLERS);
