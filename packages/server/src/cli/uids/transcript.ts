// A transcript: what the earlier server has answered to LIST and UIDL in one session, as `nc` or `openssl s_client` shows it.
//
//   transcript = *other scan-listing *other uid-listing *other       in this order: LIST first, then UIDL
//   listing    = "+OK" … line-end *( number SP value line-end ) "." line-end
//
// Line ends are CRLF or LF. Everything else (greeting, other answers, the commands themselves) is passed over.

import { CommandError, EXIT } from "../exit-code.js";

export interface FormerMessage {
  readonly octets: number;
  readonly uniqueId: string;
}

/** The messages in the order of their numbers. Throws CommandError if the two listings are not there, not whole or do not fit each other. */
export const parseTranscript = (file: string, octets: Uint8Array): readonly FormerMessage[] => {
  const [scan, uids, ...more] = listingsIn(Buffer.from(octets).toString("latin1"));
  if (scan === undefined || uids === undefined || more.length > 0) {
    throw unusable(file, "it does not hold two listings, the answer to LIST and then the answer to UIDL");
  }
  if (scan.size !== uids.size) throw unusable(file, `LIST names ${scan.size} messages and UIDL ${uids.size}`);
  return [...scan]
    .sort(([a], [b]) => a - b)
    .map(([number, value]) => {
      const uniqueId = uids.get(number);
      if (uniqueId === undefined) throw unusable(file, `UIDL does not name message ${number}`);
      if (!OCTETS.test(value))
        throw unusable(file, `LIST tells no octets of message ${number}; LIST comes before UIDL`);
      return { octets: Number.parseInt(value, 10), uniqueId };
    });
};

type Listing = ReadonlyMap<number, string>;

const listingsIn = (text: string): readonly Listing[] => {
  const listings: Listing[] = [];
  let open: Map<number, string> | undefined;
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("+OK")) open = new Map();
    else if (line === "." && open !== undefined) {
      listings.push(open);
      open = undefined;
    } else {
      const [, number = "", value = ""] = ENTRY.exec(line) ?? [];
      if (number === "") open = undefined;
      else open?.set(Number.parseInt(number, 10), value);
    }
  }
  return listings;
};

const unusable = (file: string, what: string): CommandError =>
  new CommandError(EXIT.inputOutput, `${file}: ${what}. Take it anew: LIST, UIDL, QUIT in one session`);

const ENTRY = /^(\d{1,10}) (\S+) *$/;
const OCTETS = /^\d{1,15}$/;
