// Other programs rename messages at any moment: a flag changes, or the file goes from new/ to cur/. What is to be done with a
// message is tried where it was last seen; all that were not there are looked for by unique name with one scan together, so
// that ten thousand renamed files cost one scan and not ten thousand.
//
// A rename during a scan can hide a file under both names, so a message is gone only when two scans in a row have missed it.
// One that is found each time and has moved on each time is restless: it exists, but after some scans we give up.

import { uniqueNameOf } from "../maildir/file-name.js";
import { scanMaildir } from "../maildir/scan.js";
import type { SessionView } from "./session-view.js";

/** `missing`: there is no such file at the last known path. */
export type Attempt = (position: number) => Promise<"done" | "missing">;

export interface PursuitOutcome {
  readonly gone: readonly number[];
  readonly restless: readonly number[];
}

/** Makes the attempt for each position until it is done. Rejects if new/ or cur/ cannot be searched, or if the attempt rejects. */
export async function pursue(
  view: SessionView,
  positions: readonly number[],
  attempt: Attempt,
): Promise<PursuitOutcome> {
  const gone: number[] = [];
  let missing = await attemptEach(view, positions, attempt);
  let missedBefore: ReadonlySet<number> = new Set();
  for (let scans = 0; missing.length > 0 && scans < SCANS_MAX; scans++) {
    const missed = await search(view, missing);
    const found = missing.filter((position) => !missed.has(position));
    const missedOnce: number[] = [];
    for (const position of missed) (missedBefore.has(position) ? gone : missedOnce).push(position);
    missing = missedOnce.concat(await attemptEach(view, found, attempt));
    missedBefore = missed;
  }
  return { gone, restless: missing };
}

/** The positions whose attempt ended with `missing`. */
async function attemptEach(view: SessionView, positions: readonly number[], attempt: Attempt): Promise<number[]> {
  const missing: number[] = [];
  for (let start = 0; start < positions.length; start += IN_FLIGHT) {
    const slice = positions.slice(start, start + IN_FLIGHT);
    const results = await Promise.all(slice.map(attempt));
    for (const [index, position] of slice.entries()) if (results[index] === "missing") missing.push(position);
    await view.parts.fs.yieldIfDue();
  }
  return missing;
}

/** Scans once, notes in `view` where the messages are now and gives back those it has not met. */
async function search(view: SessionView, positions: readonly number[]): Promise<ReadonlySet<number>> {
  const missed = new Set<number>();
  const scan = await scanMaildir(view.parts.fs, view.parts.root);
  for (const position of positions) {
    const path = scan.pathOf(uniqueNameOf(view.pathAt(position)));
    if (path === undefined) missed.add(position);
    else view.movedTo(position, path);
  }
  return missed;
}

/** Attempts that a slow storage root may work on at a time. */
const IN_FLIGHT = 32;
const SCANS_MAX = 10;
