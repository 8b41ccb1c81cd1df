// A contender for a lock whose every file call waits for a permit: with several of them a test decides, call by call, who goes on. Each runs in a
// thread of its own, so that it can stand still in the middle of synchronous work, as a process can that the kernel has put aside.

import { fileURLToPath } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";
import { systemClock } from "#server/clock";
import type { HeldLock } from "#server/lock/held-lock";
import { LockFile } from "#server/lock/lock-file";
import { type LockIo, nodeLockIo } from "#server/lock/lock-io";
import { lockPlace } from "#server/lock/lock-place";
import { here, ownerWith, STALE_MS } from "./lock-fixture.js";

export type Task = { readonly maildrop: string; readonly token: string; readonly pid: number };
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
  let isStepped = true;
  const settle = (standing: Standing): void => {
    Atomics.store(state, 0, STANDINGS.indexOf(standing));
    Atomics.notify(state, 0);
  };
  const file = new LockFile({
    io: steppedIo(() => isStepped && pause(state, settle)),
    clock: systemClock,
    staleMs: STALE_MS,
    here,
  });
  let lock: HeldLock | undefined;
  parentPort?.on("message", (message: Message) => {
    isStepped = message.type !== "is-held";
    if (message.type === "is-held") return settle(lock?.isHeld() ? "held" : "busy");
    if (message.type === "release") return settle(released(lock));
    void take(file, message.task).then(
      (taken) => {
        lock = taken;
        settle(taken === undefined ? "busy" : "held");
      },
      () => settle("failed"),
    );
  });
}

/** A release that fails is told, as the lease does: a test that waits for it would wait for ever. */
function released(lock: HeldLock | undefined): Standing {
  try {
    lock?.release();
    return "idle";
  } catch {
    return "failed";
  }
}

async function take(file: LockFile, { maildrop, token, pid }: Task): Promise<HeldLock | undefined> {
  const place = lockPlace(nodeLockIo, maildrop, undefined);
  const outcome = await file.try(place, ownerWith({ token, pid, pidStart: 0, session: token }), () => undefined);
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
  ...(["linkSync", "lstatSync", "openSync", "renameSync", "rmdirSync"] as const),
  ...(["statSync", "unlinkSync", "utimesSync", "writeSync"] as const),
];

if (!isMainThread) contend(workerData as Int32Array);
