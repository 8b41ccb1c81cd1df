// Long loops in slices, so that none holds the event loop.

/** A promise to await if the turn of the event loop has lasted its share. */
export type Breathe = () => Promise<void> | undefined;

/** Calls `step` for 0 … `count` - 1, with a pause between slices when one is due. */
export async function inSlices(count: number, breathe: Breathe, step: (index: number) => void): Promise<void> {
  for (let start = 0; start < count; start += SLICE) {
    const end = Math.min(start + SLICE, count);
    for (let index = start; index < end; index++) step(index);
    const pause = breathe();
    if (pause) await pause;
  }
}

const SLICE = 4096;
