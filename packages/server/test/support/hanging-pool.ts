// A pool of two workers that stop dead, as by SIGSTOP, once they are told to end: node hanging-pool.js
// Its time runs a hundred times faster. Prints what it logs, a JSON text a line, and the events `worker` of each and `ready` of all.

import { type Clock, systemClock } from "#server/clock";
import { isPoolWorker, poolManager, runWorkerPool } from "#server/lifecycle/worker-pool";

const FASTER = 100;
const DRAIN_MS = 1_000;

const clock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic(),
  after: (ms, fire) => systemClock.after(ms / FASTER, fire),
};

if (isPoolWorker()) {
  for (const signal of ["SIGUSR2", "SIGTERM"] as const) process.on(signal, () => process.kill(process.pid, "SIGSTOP"));
  console.log(JSON.stringify({ event: "worker", pid: process.pid }));
  poolManager.ready("");
} else {
  const say = (event: string, fields: object = {}) => console.log(JSON.stringify({ event, ...fields }));
  process.exitCode = await runWorkerPool({
    ...{ workers: 2, clock, inherited: [] },
    manager: { ready: () => say("ready"), reloading: () => undefined, stopping: () => undefined },
    log: { event: say },
    onHangUp: () => undefined,
    prepareHandOver: async () => ({ workers: 2, drainMs: DRAIN_MS }),
  });
}
