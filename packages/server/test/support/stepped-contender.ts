// A contender for a lock whose every file call waits for a permit: with several of them a test decides, call by call, who goes on. Each runs in a
// thread of its own, so that it can stand still in the middle of synchronous work, as a process can that the kernel has put aside.

import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { type Clock, systemClock } from "#server/clock";
import type { HeldLock } from "#server/lock/held-lock";
import { LockDisk } from "#server/lock/lock-disk";
import { LockFile } from "#server/lock/lock-file";
import { type LockIo, nodeLockIo } from "#server/lock/lock-io";
import { lockPlace } from "#server/lock/lock-place";
import { here, STALE_MS } from "./lock-fixture.js";

/** `isNew`: as a process that has locked nothing yet; else as the one of the last task. */
export type Task = { readonly maildrop: string; readonly pid: number; readonly isNew: boolean };
export type Standing = "running" | "waiting" | "held" | "busy" | "failed" | "idle";

const STANDINGS: readonly Standing[] = ["idle", "running", "waiting", "held", "busy", "failed"];

/** The side of the test. All methods return when the contender stands still again. */
export class Contender {
  readonly #state = new Int32Array(new SharedArrayBuffer(4));
  readonly #worker: Worker;

  constructor() {
    this.#worker = new Worker(fileURLToPath(import.meta.url), { workerData: this.#state });
  }

  /** Begins to take the lock; it stands before its first file call then. */
  begin(task: Task): void {
    this.#set("running");
    this.#worker.postMessage({ type: "take", task });
    this.#settle();
  }

  /** Lets it make one file call. */
  step(): void {
    this.#set("running");
    this.#settle();
  }

  /** Lets it run to the end. */
  finish(): Standing {
    while (this.standing === "waiting") this.step();
    return this.standing;
  }

  /** Gives the lock back, in as many steps as that takes. */
  beginRelease(): void {
    this.#set("running");
    this.#worker.postMessage({ type: "release" });
    this.#settle();
  }

  /** Asks, without steps, whether the lock it has taken is still its own. */
  isHeld(): boolean {
    this.#set("running");
    this.#worker.postMessage({ type: "is-held" });
    this.#settle();
    return this.standing === "held";
  }

  get standing(): Standing {
    return STANDINGS[Atomics.load(this.#state, 0)] ?? "idle";
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #set(standing: Standing): void {
    Atomics.store(this.#state, 0, STANDINGS.indexOf(standing));
    Atomics.notify(this.#state, 0);
  }

  #settle(): void {
    while (this.standing === "running") Atomics.wait(this.#state, 0, STANDINGS.indexOf("running"), 1000);
  }
}

type Message = { type: "take"; task: Task } | { type: "release" } | { type: "is-held" };

function contend(state: Int32Array): void {
  // Heartbeats come between tasks, and wait for nobody.
  let isStepped = false;
  const settle = (standing: Standing): void => {
    Atomics.store(state, 0, STANDINGS.indexOf(standing));
    Atomics.notify(state, 0);
  };
  const disk = new LockDisk(steppedIo(() => isStepped && pause(state, settle)));
  const begin = (pid: number): LockFile =>
    new LockFile({ disk, clock: TIMELESS, staleMs: STALE_MS, here: { ...here, pid, pidStart: 0 } });
  let pid = process.pid;
  let file = begin(pid);
  let lock: HeldLock | undefined;
  const renew = (next: number): void => {
    file.close();
    pid = next;
    file = begin(pid);
  };
  const stepped = async (work: () => Promise<Standing>): Promise<Standing> => {
    isStepped = true;
    try {
      return await work();
    } catch {
      return "failed"; // a test that waited for an answer would wait for ever
    } finally {
      isStepped = false;
    }
  };
  const answer = async (message: Message): Promise<Standing> => {
    if (message.type === "is-held") return (await lock?.isHeld()) ? "held" : "busy";
    if (message.type === "release") return stepped(() => released(lock));
    if (message.task.isNew || message.task.pid !== pid) renew(message.task.pid);
    const { maildrop } = message.task;
    return stepped(async () => {
      lock = await take(file, maildrop);
      return lock === undefined ? "busy" : "held";
    });
  };
  parentPort?.on("message", (message: Message) => void answer(message).then(settle));
}

async function released(lock: HeldLock | undefined): Promise<Standing> {
  await lock?.release();
  return "idle";
}

async function take(file: LockFile, maildrop: string): Promise<HeldLock | undefined> {
  const outcome = await file.try(await lockPlace(UNSTEPPED, maildrop, undefined), () => undefined);
  return outcome.type === "held" ? outcome.lock : undefined;
}

function pause(state: Int32Array, settle: (standing: Standing) => void): void {
  settle("waiting");
  while (Atomics.load(state, 0) === STANDINGS.indexOf("waiting")) Atomics.wait(state, 0, STANDINGS.indexOf("waiting"));
}

/** Only calls that other contenders can notice, or whose answer depends on them, are steps. */
function steppedIo(beforeCall: () => void): LockIo {
  const io: Record<string, unknown> = { ...nodeLockIo };
  for (const name of STEPS) {
    const call = nodeLockIo[name] as (...args: unknown[]) => unknown;
    io[name] = (...args: unknown[]) => {
      beforeCall();
      return call(...args);
    };
  }
  return io as LockIo;
}

const STEPS = [
  ...(["fstatSync", "futimesSync", "linkSync", "lstatSync", "openSync", "readdirSync", "renameSync"] as const),
  ...(["rmdirSync", "unlinkSync", "writeSync"] as const),
];

const UNSTEPPED = new LockDisk();

/** Nothing happens by itself: a timer that fired would wait for a permit that nobody gives. */
const TIMELESS: Clock = { ...systemClock, after: () => ({ restart: () => undefined, cancel: () => undefined }) };

if (!isMainThread) contend(workerData as Int32Array);
