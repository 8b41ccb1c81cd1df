// Durations as people write them: `500ms`, `3s`, `10m`, `1h`, `2d`.

/** Milliseconds, or undefined when the text is no duration. */
export const parseDuration = (text: string): number | undefined => {
  const [, digits, unit] = /^(\d{1,9})(ms|s|m|h|d)$/.exec(text) ?? [];
  const factor = UNITS.get(unit ?? "");
  return digits === undefined || factor === undefined ? undefined : Number.parseInt(digits, 10) * factor;
};

/** The shortest exact form: 600000 → `10m`. */
export const formatDuration = (ms: number): string => {
  for (const [unit, factor] of LARGEST_FIRST) {
    if (ms >= factor && ms % factor === 0) return `${ms / factor}${unit}`;
  }
  return `${ms}ms`;
};

const UNITS: ReadonlyMap<string, number> = new Map([
  ["ms", 1],
  ["s", 1000],
  ["m", 60_000],
  ["h", 3_600_000],
  ["d", 86_400_000],
]);
const LARGEST_FIRST = [...UNITS].reverse();
