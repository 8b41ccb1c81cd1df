// LANG (RFC 6856 §3): which languages there are, and changing to one.

import { bodyOf, err, ok, withBody } from "../reply/reply.js";
import type { Language } from "../reply/wording.js";
import type { Outcome } from "./outcome.js";

/** The language of every session until LANG chooses another: ASCII English, which RFC 2277 calls i-default. */
export const DEFAULT_LANGUAGE: Language = "en";

/** `tag`: what the client asked for; undefined asks for the list. Unknown: nothing changes. */
export function changeLanguage(tag: string | undefined): Outcome {
  if (tag === undefined) return LIST;
  const language = BY_TAG.get(tag.toLowerCase());
  return language === undefined ? UNKNOWN : { type: "speak", language };
}

const BY_TAG: ReadonlyMap<string, Language> = new Map([
  ["*", DEFAULT_LANGUAGE],
  ["i-default", DEFAULT_LANGUAGE],
  ["en", "en"],
  ["es", "es"],
]);

const LIST: Outcome = {
  type: "reply",
  reply: withBody(ok("languages"), bodyOf(["i-default English", "en English", "es Español"])),
};
const UNKNOWN: Outcome = { type: "reply", reply: err("unknownLanguage") };
