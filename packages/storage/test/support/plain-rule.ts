// The octet rule, written down once more and naively.

import type { OctetRule } from "#storage/octet-rule";

const CR = 0x0d;
const LF = 0x0a;

/** A small window makes small messages take the ways of big ones. */
export function plainRule(windowOctets = 65_536): OctetRule {
  return {
    window: new Uint8Array(windowOctets),
    added(chunk, length, previous) {
      let added = 0;
      for (let index = 0, before = previous; index < length; before = chunk[index++] ?? -1) {
        if (chunk[index] === LF && before !== CR) added += 1;
      }
      return added;
    },
    // A CR at the very end is a bare one: it stays, and CRLF follows.
    addedAtEnd: (last) => (last === -1 || last === LF ? 0 : 2),
  };
}
