// LANG (RFC 6856 §3): which languages there are, and changing to one.

import { bodyOf, err, ok, okText, withBody } from "../reply/reply.js";
import { type Language, WORDINGS } from "../reply/wording.js";
import type { Outcome } from "./outcome.js";

/** The language of every session until LANG chooses another: English in ASCII, which RFC 6856 §3 and RFC 2277 call i-default. */
export const DEFAULT_LANGUAGE: Language = "en";

/**
 * `range`: the language the client asks for; undefined asks for the list. Looked up as RFC 4647 §3.4 says: `es-MX` is
 * answered by `es`. Where nothing fits, nothing changes.
 */
export function changeLanguage(range: string | undefined): Outcome {
  if (range === undefined) return LIST;
  let tag = range.toLowerCase();
  while (tag !== "" && !CHANGES.has(tag)) tag = tag.slice(0, Math.max(tag.lastIndexOf("-"), 0));
  return CHANGES.get(tag) ?? UNKNOWN;
}

/** RFC 6856 §3: the status line names the language, and is its first sentence. */
const changeTo = (tag: string, language: Language): Outcome => ({
  type: "speak",
  language,
  reply: okText(`${tag} ${WORDINGS[language].languageChanged}`),
});

const CHANGES: ReadonlyMap<string, Outcome> = new Map([
  ["*", changeTo("i-default", DEFAULT_LANGUAGE)],
  ["i-default", changeTo("i-default", DEFAULT_LANGUAGE)],
  ["en", changeTo("en", "en")],
  ["es", changeTo("es", "es")],
]);

const LIST: Outcome = {
  type: "reply",
  reply: withBody(ok("languages"), bodyOf(["en English", "es Español", "i-default English (ASCII)"])),
};
const UNKNOWN: Outcome = { type: "reply", reply: err("unknownLanguage") };
