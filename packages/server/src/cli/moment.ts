// A moment that has passed, as a person types it.

import { parseDuration } from "../config/duration.js";
import { CommandError, EXIT } from "./exit-code.js";

/** Milliseconds since 1970 of `2d` (ago), or of a date of ISO 8601 in local time or with its zone; undefined for what is none, or to come. */
export const parseMoment = (text: string, now: number): number | undefined => {
  const ago = parseDuration(text);
  const moment = ago === undefined ? momentOf(text) : now - ago;
  return moment !== undefined && moment <= now ? moment : undefined;
};

/** The value of an option. Throws CommandError with a time as an example of what it takes. */
export const momentOption = (option: string, text: string, now: number, example: string): number => {
  const moment = parseMoment(text, now);
  if (moment !== undefined) return moment;
  throw new CommandError(EXIT.usage, `${option} ${text}: write a time that has passed, ${example} or 2026-11-24T09:30`);
};

const momentOf = (text: string): number | undefined => {
  if (!DATE.test(text)) return undefined;
  // A date alone would be taken for UTC.
  const moment = Date.parse(text.length === DATE_LENGTH ? `${text}T00:00` : text);
  return Number.isNaN(moment) ? undefined : moment;
};

const DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?$/;
const DATE_LENGTH = "2026-11-24".length;
