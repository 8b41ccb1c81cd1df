// The most pairs of two listings that stand in one order in both: what is out of this line was moved, or paired by chance.

export interface Pair {
  /** Place in the one listing and in the other; no two pairs share one. */
  readonly there: number;
  readonly here: number;
}

/** `pairs` by their place there. n log n: the last pairs of the shortest-ending lines of each length are kept. */
export const longestLine = (pairs: readonly Pair[]): ReadonlySet<Pair> => {
  const ends: Link[] = [];
  for (const pair of pairs) {
    const length = firstAtLeast(ends, pair.here);
    ends[length] = { pair, before: ends[length - 1] };
  }
  const line = new Set<Pair>();
  for (let link = ends.at(-1); link !== undefined; link = link.before) line.add(link.pair);
  return line;
};

interface Link {
  readonly pair: Pair;
  readonly before: Link | undefined;
}

const firstAtLeast = (ends: readonly Link[], here: number): number => {
  let [low, high] = [0, ends.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((ends[middle]?.pair.here ?? 0) < here) low = middle + 1;
    else high = middle;
  }
  return low;
};
