// A first process and two workers that do no work: node pool-of-two.js hanging|late|deaf|outlived
// Prints what the first process logs and what its workers hear, a JSON text a line.
//
//   hanging   a worker stops dead, as by SIGSTOP, once it is told to end or to retire; time runs sixty times faster
//   late      a worker is ready once it gets SIGCONT
//   deaf      a worker hears, and is ready, once it gets SIGCONT
//   outlived  a worker that ends leaves its channel to a program that outlives it: it has exited, and is not disconnected

import { spawn } from "node:child_process";
import { once } from "node:events";
import { type Clock, systemClock } from "#server/clock";
import { hearOrders } from "#server/lifecycle/orders";
import { isPoolWorker, poolManager, runWorkerPool } from "#server/lifecycle/worker-pool";

const FASTER = 60;
const DRAIN_MS = 1_000;
/** The descriptor of a worker's channel: the first behind the standard ones. */
const CHANNEL = 3;

const clock: Clock = {
  now: () => systemClock.now(),
  monotonic: () => systemClock.monotonic(),
  after: (ms, fire) => systemClock.after(ms / FASTER, fire),
};

const say = (event: string, fields: object = {}) => console.log(JSON.stringify({ event, pid: process.pid, ...fields }));
const kind = process.argv[2];
const toGoOn = once(process, "SIGCONT");
if (isPoolWorker() && kind === "deaf") {
  say("worker");
  await toGoOn;
}
const orders = hearOrders();
if (isPoolWorker()) {
  if (kind !== "deaf") say("worker");
  if (kind === "late") await toGoOn;
  poolManager.ready("");
  orders.obey((order) => {
    say("told", { order });
    if (order === "SIGHUP") poolManager.ready("");
    else if (kind === "hanging") process.kill(process.pid, "SIGSTOP");
    else if (kind === "outlived") leaveChannel();
    else process.exit(0);
  });
} else {
  process.exitCode = await runWorkerPool({
    ...{ workers: 2, clock, orders, inherited: [] },
    manager: { ready: () => say("ready"), reloading: () => say("reloading"), stopping: () => say("stopping") },
    log: { event: say },
    onHangUp: () => say("hung-up"),
    prepareHandOver: async () => ({ workers: 2, drainMs: DRAIN_MS }),
  });
  say("over");
}

function leaveChannel(): never {
  const { pid } = spawn("sleep", ["60"], { stdio: ["ignore", "ignore", "ignore", CHANNEL], detached: true });
  say("outlives", { pid });
  process.exit(0);
}
