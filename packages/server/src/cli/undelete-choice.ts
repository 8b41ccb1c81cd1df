// By what deleted messages are chosen: the moment of their deletion, and their unique-id.

import { loadImportedIds, type MaildirSite, uniqueIdOf } from "@postigo/storage";
import { parseDuration } from "../config/duration.js";

/** Milliseconds since 1970 of `2d` (ago), or of a date of ISO 8601 in local time or with its zone; undefined for what is none, or to come. */
export const parseMoment = (text: string, now: number): number | undefined => {
  const ago = parseDuration(text);
  const moment = ago === undefined ? momentOf(text) : now - ago;
  return moment !== undefined && moment <= now ? moment : undefined;
};

/** The unique-id that clients know a message by. */
export type UniqueIds = (uniqueName: string) => string;

/** Rejects with what the file system threw, or if imported ids cannot be read. */
export const uniqueIdsOf = async ({ fs, root }: MaildirSite): Promise<UniqueIds> => {
  const imported = await loadImportedIds(fs, root);
  const byName = new Map(imported?.entries.map(({ uniqueName, uniqueId }) => [uniqueName, uniqueId]));
  return (uniqueName) => byName.get(uniqueName) ?? uniqueIdOf(uniqueName);
};

const momentOf = (text: string): number | undefined => {
  if (!DATE.test(text)) return undefined;
  // A date alone would be taken for UTC.
  const moment = Date.parse(text.length === DATE_LENGTH ? `${text}T00:00` : text);
  return Number.isNaN(moment) ? undefined : moment;
};

const DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?(?:Z|[+-]\d\d:\d\d)?)?$/;
const DATE_LENGTH = "2026-11-24".length;
