// Which file was which message of a transcript? Nothing in the transcript names a file: octets and order must tell.
//
// A message whose octets no other has is found by them. Several with the same octets are told apart by their order, if there are as many files
// as messages of these octets, and if both servers sort alike. The evidence for that: of all messages of which there are as many here as
// there, the octets come in the same sequence, and by chance that would happen once in a thousand times at most. Where it is wanting they
// are ambiguous, and not guessed at: a wrong unique-id makes a client lose a message, a new one makes it fetch one again.

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
  const isOneOrder = haveOneOrder(groups.filter(isBalanced), messages, files);
  const found = new Map<string, number>();
  const ambiguous: string[] = [];
  for (const group of groups) {
    const isTold = isBalanced(group) && (group.files.length === 1 || isOneOrder);
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

const isBalanced = ({ messages, files }: Group): boolean => messages.length === files.length;

const haveOneOrder = (
  groups: readonly Group[],
  messages: readonly FormerMessage[],
  files: readonly StoredFile[],
): boolean => {
  const there = inOrder(groups.flatMap((group) => group.messages)).map((at) => messages[at]?.octets);
  const here = inOrder(groups.flatMap((group) => group.files)).map((at) => files[at]?.octets);
  return there.every((octets, at) => octets === here[at]) && sequencesOf(groups) >= EVIDENCE;
};

const inOrder = (positions: readonly number[]): readonly number[] => [...positions].sort((a, b) => a - b);

/** In how many sequences the octets of these groups could come, or any number above EVIDENCE. */
const sequencesOf = (groups: readonly Group[]): number => {
  let sequences = 1;
  let placed = 0;
  for (const { messages } of groups) {
    for (let of = 1; of <= messages.length && sequences < EVIDENCE; of++) {
      placed += 1;
      sequences = (sequences * placed) / of;
    }
  }
  return sequences;
};

const EVIDENCE = 1000;
