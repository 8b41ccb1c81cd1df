// A file that an earlier server has left, read whole through storage's door: a regular file of bounded size, no link.

import { type FormerIds, octetPath, type UnusableFile } from "@postigo/storage";
import { CommandError, EXIT, errorCode, exitCodeOfFile } from "../exit-code.js";
import { printable } from "../message-rows.js";
import type { UserMaildrops } from "../user-maildrops.js";
import type { Former, NothingLeft } from "./former.js";

type Parse = (octets: Uint8Array) => FormerIds | UnusableFile;

/** Throws CommandError for one that cannot be read, or is none of its kind. */
export const readFormerFile = async (
  maildrops: UserMaildrops,
  file: string,
  parse: Parse,
): Promise<Former | NothingLeft> => {
  const octets = await octetsOf(maildrops, file);
  if (octets === undefined) return { lookedFor: file };
  const found = parse(octets);
  if ("unusable" in found) throw new CommandError(EXIT.inputOutput, `${file}: ${found.unusable}`);
  const warnings = found.problems.map(({ line, what }) => `${file}:${line}: left out: ${printable(what)}`);
  return { ids: found.ids, warnings, ambiguous: [], hasGaps: warnings.length > 0 };
};

/** undefined if there is no such file. Throws CommandError for one that cannot be read. */
export const octetsOf = async ({ roots }: UserMaildrops, file: string): Promise<Uint8Array | undefined> => {
  const path = octetPath(file);
  try {
    const fs = await roots.of(path);
    return await fs.readFile(path, MOST_OCTETS);
  } catch (error) {
    const code = errorCode(error);
    if (code === "ENOENT") return undefined;
    if (code === undefined) throw error;
    throw new CommandError(exitCodeOfFile(error), `${file} cannot be read (${code})`);
  }
};

/** A million messages take less. */
const MOST_OCTETS = 128 * 1_048_576;
