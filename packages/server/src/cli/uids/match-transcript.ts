// Which file was which message of a transcript? Nothing in the transcript names a file: octets and order must tell.
//
// A message whose octets no other has is found by them. Several with the same octets are told apart by their order, if there are as many files
// as messages of these octets, and if those found by octets alone stand in one order here and there: the evidence that both servers sort
// alike. Where that does not hold they are ambiguous, and not guessed at: a wrong unique-id makes a client lose a message, a new one
// makes it fetch one again.

import type { FormerMessage } from "./transcript.js";

export interface StoredFile {
  readonly uniqueName: string;
  readonly octets: number;
}

export interface Match {
  /** Index of the message in the transcript, for each file that was found. */
  readonly found: ReadonlyMap<string, number>;
  /** Unique names of files that may have been in the transcript. */
  readonly ambiguous: readonly string[];
}

/** `files` in delivery order. */
export const matchTranscript = (messages: readonly FormerMessage[], files: readonly StoredFile[]): Match => {
  const groups = groupsOf(messages, files);
  const singles = groups.filter((group) => group.messages.length === 1 && group.files.length === 1);
  const isOneOrder = standInOneOrder(singles);
  const found = new Map<string, number>();
  const ambiguous: string[] = [];
  for (const group of groups) {
    const isTold = group.messages.length === group.files.length && (group.files.length === 1 || isOneOrder);
    for (const [index, at] of group.files.entries()) {
      const name = files[at]?.uniqueName ?? "";
      if (isTold) found.set(name, group.messages[index] ?? 0);
      else ambiguous.push(name);
    }
  }
  return { found, ambiguous };
};

/** Positions, in the transcript and among the files, of all with the same octets. */
interface Group {
  readonly messages: number[];
  readonly files: number[];
}

/** Of files only: what the transcript has no message for is new. */
const groupsOf = (messages: readonly FormerMessage[], files: readonly StoredFile[]): readonly Group[] => {
  const byOctets = new Map<number, Group>();
  for (const [index, { octets }] of messages.entries()) {
    const group = byOctets.get(octets) ?? { messages: [], files: [] };
    group.messages.push(index);
    byOctets.set(octets, group);
  }
  for (const [index, { octets }] of files.entries()) byOctets.get(octets)?.files.push(index);
  return [...byOctets.values()];
};

/** Whether those that are sure are enough to tell, and rise together. One alone shows no order. */
const standInOneOrder = (singles: readonly Group[]): boolean => {
  const places = singles
    .map(({ messages, files }) => [messages[0] ?? 0, files[0] ?? 0] as const)
    .sort(([a], [b]) => a - b);
  return places.length > 1 && places.every(([, file], index) => file > (places[index - 1]?.[1] ?? -1));
};
