// SHA512-CRYPT and SHA256-CRYPT without a native library: the package unixcrypt, in one worker thread, because it takes
// tens of milliseconds and never yields. The thread keeps the process alive only while somebody waits; if it dies, the
// next hash starts another.

import { Worker } from "node:worker_threads";
import { decodeUtf8 } from "../../octets.js";
import type { CryptEngine } from "./crypt-engine.js";

export interface CryptQuestion {
  readonly id: number;
  /** unixcrypt takes text only. */
  readonly password: string;
  readonly setting: string;
}

export interface CryptAnswer {
  readonly id: number;
  /** undefined: unixcrypt refused the setting. */
  readonly hash: string | undefined;
}

export function createWorkerEngine(): CryptEngine {
  return new WorkerEngine();
}

interface Asker {
  readonly resolve: (hash: string | undefined) => void;
  readonly reject: (cause: Error) => void;
}

class WorkerEngine implements CryptEngine {
  readonly name = "unixcrypt";
  readonly #askers = new Map<number, Asker>();
  #worker: Worker | undefined;
  #lastId = 0;

  async crypt(password: Uint8Array, setting: string): Promise<string | undefined> {
    const own = SETTING.exec(setting);
    if (own === null) return undefined;
    const text = decodeUtf8(password);
    // Octets that are no UTF-8 cannot be handed over; no hash this engine could have made belongs to them.
    if (text === undefined) return `${own[0]}$`;
    return new Promise((resolve, reject) => {
      this.#lastId += 1;
      this.#askers.set(this.#lastId, { resolve, reject });
      const question: CryptQuestion = { id: this.#lastId, password: text, setting: own[0] };
      const worker = this.#started();
      worker.ref();
      worker.postMessage(question);
    });
  }

  #started(): Worker {
    if (this.#worker !== undefined) return this.#worker;
    const worker = new Worker(new URL("./crypt-worker.js", import.meta.url));
    worker.on("message", (answer: CryptAnswer) => this.#settle(answer));
    worker.on("error", () => this.#fail(worker));
    worker.on("exit", () => this.#fail(worker));
    this.#worker = worker;
    return worker;
  }

  #settle({ id, hash }: CryptAnswer): void {
    const asker = this.#askers.get(id);
    this.#askers.delete(id);
    if (this.#askers.size === 0) this.#worker?.unref();
    asker?.resolve(hash);
  }

  #fail(worker: Worker): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    for (const asker of this.#askers.values()) asker.reject(new Error("the thread that hashes passwords has ended"));
    this.#askers.clear();
  }
}

/** Kind, rounds and salt, without the hash and the dollar before it: the form unixcrypt takes. */
const SETTING = /^\$[56]\$(?:rounds=\d{1,9}\$)?[^$]*/;
