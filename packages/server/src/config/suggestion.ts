// "Did you mean …?" for names typed by people.

/** ` (did you mean "listen"?)`, or nothing when no candidate is near. */
export const suggestion = (typed: string, candidates: Iterable<string>): string => {
  const near = nearest(typed, candidates);
  return near === undefined ? "" : ` (did you mean "${near}"?)`;
};

/** The candidate with the fewest edits, if that is no more than a third of what was typed (two for short names). */
export const nearest = (typed: string, candidates: Iterable<string>): string | undefined => {
  const wanted = typed.toLowerCase().slice(0, LONGEST);
  let best: string | undefined;
  let fewest = Math.max(2, Math.floor(wanted.length / 3)) + 1;
  for (const candidate of candidates) {
    const edits = editDistance(wanted, candidate.toLowerCase());
    if (edits >= fewest || edits >= candidate.length) continue;
    best = candidate;
    fewest = edits;
  }
  return best;
};

/** Insertions, deletions, replacements and swaps of neighbours that lead from one word to the other. */
const editDistance = (from: string, to: string): number => {
  let beforeLast: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (let row = 1; row <= from.length; row++) {
    const current = [row];
    for (let column = 1; column <= to.length; column++) {
      const same = from[row - 1] === to[column - 1];
      const swapped = from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      current[column] = Math.min(
        cost(current, column - 1) + 1,
        cost(last, column) + 1,
        cost(last, column - 1) + (same ? 0 : 1),
        swapped ? cost(beforeLast, column - 2) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = current;
  }
  return cost(last, to.length);
};

const cost = (row: readonly number[], column: number): number => row[column] ?? Number.POSITIVE_INFINITY;

/** Names are short; what is longer is no slip of the finger. */
const LONGEST = 64;
