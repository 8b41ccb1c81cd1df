// How long a process that ends may take for each part of its end, and when whoever waits for it knows that it hangs.

/** For running updates, and for a response that is being sent. */
export const DRAIN_MS = 30_000;
/** After that, for the locks of those that were cut off. */
export const RELEASE_MS = 5_000;
/** A process that was told to stop and still is there after this hangs. Below the TimeoutStopSec of the unit. */
export const STOP_MS = DRAIN_MS + RELEASE_MS + 5_000;
/** The same of a worker that retires, after `timeouts.drain`. */
export const RETIRE_MS = DRAIN_MS + STOP_MS;
