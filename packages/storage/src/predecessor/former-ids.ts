// What the files of an earlier server tell: the unique-id under which it had shown each message, and in which order.

import { uniqueNameIn } from "../maildir/file-name.js";

export interface FormerId {
  /** One latin-1 character an octet. */
  readonly uniqueName: string;
  /** As the earlier server showed it; it may be one that no server should have shown. */
  readonly uniqueId: string;
  /** Place in its listing; undefined: it had no order of its own. */
  readonly order: number | undefined;
}

export interface FormerIds {
  /** One for each unique name, in the order of the earlier listing. */
  readonly ids: readonly FormerId[];
  /** At most a hundred of them. */
  readonly problems: readonly LineProblem[];
}

/** A line that was left out. Lines count from 1. */
export interface LineProblem {
  readonly line: number;
  readonly what: string;
}

/** A file that tells nothing: of another kind or version, or without what all its lines need. */
export interface UnusableFile {
  readonly unusable: string;
}

/** What is said of a file with many bad lines: enough to see what is wrong with it, and no more than fits a screen or two. */
export class LineProblems {
  readonly all: LineProblem[] = [];

  add(line: number, what: string): void {
    if (this.all.length < PROBLEMS_MAX) this.all.push({ line, what });
  }
}

/** Each gets its place in `sorted`, which is the order of the listing. */
export function numbered(sorted: readonly { readonly name: string; readonly uniqueId: string }[]): FormerId[] {
  return sorted.map(({ name, uniqueId }, order) => ({ uniqueName: uniqueNameIn(name), uniqueId, order }));
}

const PROBLEMS_MAX = 100;
