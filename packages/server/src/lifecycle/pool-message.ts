// What the processes of a pool send each other over the channel that cluster gives them: `{ postigo: kind, … }`.

import cluster, { type Worker } from "node:cluster";

/** In the first process. One that has exited stays until its channel is closed too. */
export const workersKnown = (): readonly Worker[] =>
  Object.values(cluster.workers ?? {}).flatMap((worker) => worker ?? []);

export const isOfKind = (message: unknown, kind: string): boolean =>
  typeof message === "object" && message !== null && "postigo" in message && message.postigo === kind;
