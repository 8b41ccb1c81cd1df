// Which file was which message of a transcript? Nothing in the transcript names a file: octets and order must tell.
//
// Files that were there when the transcript was taken are all in it. If it holds these octets and no others, each as often as the maildrop, a
// message whose octets no other has is found by them. If not, the earlier server may have counted in a way of its own, so that equal octets
// are chance: then the transcript needs proof. Nine in ten of the files have octets that stand in it (coverage), and nine in ten of the pairs
// stand in one line here and there, which chance would do once in a thousand times at most (order), and would not so with other octets.
// Several messages with the same octets are told apart by their order only, if there are as many files and no pair is out of line.
// What remains is ambiguous, and not guessed at: a wrong unique-id makes a client lose a message, a new one makes it fetch one again.

import type { Doubt } from "./former.js";
import { longestLine, type Pair } from "./longest-line.js";
import type { FormerMessage } from "./transcript.js";

export interface StoredFile {
  readonly uniqueName: string;
  readonly octets: number;
}

export interface Match {
  /** Index of the message in the transcript, for each file that was found. */
  readonly found: ReadonlyMap<string, number>;
  /** All other files. */
  readonly ambiguous: readonly Doubt[];
  /** How many files have octets that stand in the transcript. */
  readonly covered: number;
}

/** `files` that were there when the transcript was taken, in delivery order. */
export const matchTranscript = (messages: readonly FormerMessage[], files: readonly StoredFile[]): Match => {
  const pairing = pairingOf(messages, files);
  const evidence = { ...pairing, isProven: isProof(pairing, files) && !fitsAsWellBeside(pairing, messages, files) };
  const found = new Map<string, number>();
  const ambiguous: Doubt[] = [];
  for (const group of pairing.groups) {
    const why = doubtOf(group, evidence);
    for (const [index, at] of group.files.entries()) {
      const name = files[at]?.uniqueName ?? "";
      if (why === undefined) found.set(name, group.messages[index] ?? 0);
      else ambiguous.push({ name, why });
    }
  }
  return { found, ambiguous, covered: pairing.covered };
};

/** Nine in ten. */
export const isMost = (part: number, whole: number): boolean => part * 10 >= whole * 9;

/** Positions, in the transcript and among the files, of all with the same octets. */
interface Group {
  readonly messages: number[];
  readonly files: number[];
  /** Of message and file, in their order; none unless there are as many of these as of those. */
  readonly pairs: Pair[];
}

interface Pairing {
  readonly groups: readonly Group[];
  /** By their place in the transcript. */
  readonly pairs: readonly Pair[];
  readonly line: ReadonlySet<Pair>;
  readonly covered: number;
}

const doubtOf = (group: Group, evidence: Pairing & { readonly isProven: boolean }): string | undefined => {
  const { groups, pairs, line, isProven } = evidence;
  const [pair, ...more] = group.pairs;
  if (group.messages.length === 0) return UNLISTED;
  if (pair === undefined) return ALIKE;
  if (more.length > 0) return isProven && line.size === pairs.length ? undefined : ALIKE;
  return (isProven && line.has(pair)) || groups.every(isBalanced) ? undefined : UNPROVEN;
};

const pairingOf = (messages: readonly FormerMessage[], files: readonly StoredFile[]): Pairing => {
  const groups = groupsOf(messages, files);
  const pairs = groups.flatMap((group) => group.pairs).sort((a, b) => a.there - b.there);
  const covered = groups.reduce((sum, group) => sum + (group.messages.length > 0 ? group.files.length : 0), 0);
  return { groups, pairs, line: longestLine(pairs), covered };
};

const groupsOf = (messages: readonly FormerMessage[], files: readonly StoredFile[]): readonly Group[] => {
  const byOctets = new Map<number, Group>();
  const groupOf = (octets: number): Group => {
    const group = byOctets.get(octets) ?? { messages: [], files: [], pairs: [] };
    byOctets.set(octets, group);
    return group;
  };
  for (const [index, { octets }] of messages.entries()) groupOf(octets).messages.push(index);
  for (const [index, { octets }] of files.entries()) groupOf(octets).files.push(index);
  for (const group of byOctets.values()) {
    if (isBalanced(group))
      for (const [at, there] of group.messages.entries()) group.pairs.push({ there, here: group.files[at] ?? 0 });
  }
  return [...byOctets.values()];
};

const isBalanced = ({ messages, files }: Group): boolean => messages.length === files.length;

const isProof = ({ groups, pairs, line, covered }: Pairing, files: readonly StoredFile[]): boolean => {
  if (!isMost(covered, files.length) || !isMost(line.size, pairs.length)) return false;
  // Of all sequences in which the octets of the line could come, one came; and pairs out of it could be chosen.
  let sequences = lnFactorial(line.size);
  for (const group of groups) sequences -= lnFactorial(group.pairs.filter((pair) => line.has(pair)).length);
  const choices = lnFactorial(pairs.length) - lnFactorial(line.size) - lnFactorial(pairs.length - line.size);
  return sequences - choices >= Math.log(EVIDENCE);
};

/** A report that grows from day to day: counted with some octets more, each would match the next one, all in order. */
const fitsAsWellBeside = (
  { line }: Pairing,
  messages: readonly FormerMessage[],
  files: readonly StoredFile[],
): boolean => {
  const middle = [...line][line.size >>> 1]?.there ?? 0;
  return [middle - 1, middle + 1].some((beside) => {
    const more = (messages[beside]?.octets ?? 0) - (messages[middle]?.octets ?? 0);
    const moved = files.map(({ uniqueName, octets }) => ({ uniqueName, octets: octets + more }));
    return more !== 0 && isProof(pairingOf(messages, moved), moved);
  });
};

const lnFactorial = (of: number): number => {
  let sum = 0;
  for (let factor = 2; factor <= of; factor++) sum += Math.log(factor);
  return sum;
};

const EVIDENCE = 1000;
const UNLISTED = "it was there when the transcript was taken, and no message of the transcript has its octets";
const ALIKE = "several messages have these octets, and their order does not tell them apart";
const UNPROVEN = "a message of the transcript has its octets, and too little shows that this is no chance";
