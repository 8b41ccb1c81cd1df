// How long this thread has waited for a processor: time that a slow call did not spend on the disk.
//
//   /proc/self/task/TID/schedstat = running SP waiting SP slices LF      nanoseconds (Linux, sched-stats)

import fs from "node:fs";

/** Milliseconds the thread has been ready to run but has not run, since it began; undefined where the system does not tell. */
export type ProcessorWait = () => number | undefined;

/** For the thread that calls it. The file is opened each time: samples are rare, and a descriptor would have no owner. */
export function createProcessorWait(path = `/proc/self/task/${process.pid}/schedstat`): ProcessorWait {
  return () => {
    try {
      return parseWaiting(fs.readFileSync(path, "latin1"));
    } catch {
      return undefined;
    }
  };
}

function parseWaiting(line: string): number | undefined {
  const nanoseconds = /^\d+ (\d{1,18}) /.exec(line)?.[1];
  return nanoseconds === undefined ? undefined : Number(nanoseconds) / 1e6;
}
