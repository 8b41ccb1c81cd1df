// Finds the octets of the messages that nothing is remembered of. One bad file never stops the others.

import { deliveryTimeOf } from "../maildir/delivery-time.js";
import { octetHintOf } from "../maildir/file-name.js";
import { at, nameAt } from "../maildir/message-names.js";
import type { Measured, OctetCounter } from "../message/octet-count.js";
import { errnoOf } from "../ports/errno.js";
import type { FileStatus, FileSystem } from "../ports/file-system.js";
import type { Draft } from "./draft.js";
import { GUESSED, MEASURED } from "./message-columns.js";

export interface MeasuringTask {
  readonly fs: FileSystem;
  readonly counter: OctetCounter;
  readonly root: string;
  readonly draft: Draft;
  readonly rows: Uint32Array;
  readonly onProgress: (done: number, total: number) => void;
}

export interface MeasuringReport {
  /** Rows whose file is not where it was listed. */
  readonly vanished: readonly number[];
  /** Messages that were read. */
  readonly counted: number;
}

export async function measureMessages(task: MeasuringTask): Promise<MeasuringReport> {
  const measuring = new Measuring(task);
  // More than one only helps where calls wait for a slow disk; where they do not, it harms nothing.
  await Promise.all(Array.from({ length: Math.min(task.rows.length, AT_ONCE) }, () => measuring.work()));
  return measuring;
}

class Measuring implements MeasuringReport {
  readonly vanished: number[] = [];
  counted = 0;
  readonly #task: MeasuringTask;
  #next = 0;
  #done = 0;

  constructor(task: MeasuringTask) {
    this.#task = task;
  }

  /** Without a promise for a message while calls are done at once: in a new process, promises would be half of the cost. */
  async work(): Promise<void> {
    const { rows, fs } = this.#task;
    while (this.#next < rows.length) {
      const measuring = this.#measure(at(rows, this.#next++));
      if (measuring) await measuring;
      this.#countDone();
      const pause = fs.yieldIfDue();
      if (pause) await pause;
    }
  }

  #countDone(): void {
    const { rows, onProgress } = this.#task;
    this.#done += 1;
    if (this.#done % PROGRESS_STEP === 0 || this.#done === rows.length) onProgress(this.#done, rows.length);
  }

  #measure(row: number): Promise<void> | undefined {
    try {
      return this.#learn(row)?.catch((error: unknown) => this.#excuse(row, error));
    } catch (error) {
      return this.#excuse(row, error);
    }
  }

  #excuse(row: number, error: unknown): Promise<void> | undefined {
    const code = errnoOf(error);
    if (code === undefined) throw error;
    if (code !== "ENOENT") return this.#guess(row);
    this.vanished.push(row);
    return undefined;
  }

  #learn(row: number): Promise<void> | undefined {
    const { draft, fs, root } = this.#task;
    const name = nameAt(draft.scan.names, row);
    const path = `${root}/${draft.pathAt(row, name)}`;
    const time = deliveryTimeOf(name);
    if (time < 0) return this.#learnTime(row, name, path);
    draft.times[row] = time;
    const hint = believableHint(name);
    if (hint === undefined) return this.#count(row, path);
    const size = fs.sizeOf(path);
    return size instanceof Promise
      ? size.then((found) => this.#judge(row, { path, hint, size: found }))
      : this.#judge(row, { path, hint, size });
  }

  /** Where the name does not tell the time, that of the file does. */
  async #learnTime(row: number, name: string, path: string): Promise<void> {
    const { draft, fs } = this.#task;
    const status = await fs.lstat(path);
    draft.times[row] = microsecondsOf(status);
    await this.#judge(row, {
      path,
      hint: believableHint(name),
      size: status?.kind === "file" ? status.size : undefined,
    });
  }

  #judge(row: number, { path, hint, size }: Judgement): Promise<void> | undefined {
    return hint !== undefined && size === hint.fileOctets ? this.#know(row, hint, MEASURED) : this.#count(row, path);
  }

  #count(row: number, path: string): Promise<void> | undefined {
    const measured = this.#task.counter.measure(this.#task.fs, path);
    return measured instanceof Promise
      ? measured.then((found) => this.#counted(row, found))
      : this.#counted(row, measured);
  }

  #counted(row: number, measured: Measured): undefined {
    this.#know(row, measured, MEASURED);
    this.counted += 1;
  }

  // It stays in the listing, so that numbers and unique-ids are what they will be once it can be read again.
  async #guess(row: number): Promise<void> {
    const { draft, fs, root } = this.#task;
    const name = nameAt(draft.scan.names, row);
    const size = await sizeOf(fs, `${root}/${draft.pathAt(row, name)}`);
    const octets = size ?? Math.max(0, octetHintOf(name, "S"));
    this.#know(row, { octets, fileOctets: octets }, GUESSED);
  }

  #know(row: number, { octets, fileOctets }: Measured, how: typeof MEASURED | typeof GUESSED): undefined {
    const { draft } = this.#task;
    draft.octets[row] = octets;
    draft.fileOctets[row] = fileOctets;
    const isFact = how === MEASURED && !draft.scan.isCopied(row);
    draft.measured[row] = isFact ? MEASURED : GUESSED;
    draft.learnt[row] = isFact ? 1 : 0;
  }
}

interface Judgement {
  readonly path: string;
  /** What the name says. */
  readonly hint: Measured | undefined;
  /** That of the file. */
  readonly size: number | undefined;
}

/** What `,S=` and `,W=` say, if it can be true: each octet of a file is at most two of the canonical form, and CRLF may be missing at its end. */
function believableHint(name: string): Measured | undefined {
  const fileOctets = octetHintOf(name, "S");
  if (fileOctets < 0) return undefined;
  const octets = octetHintOf(name, "W");
  return octets >= fileOctets && octets <= 2 * fileOctets + 2 ? { octets, fileOctets } : undefined;
}

function microsecondsOf(status: FileStatus | undefined): number {
  return status === undefined ? 0 : Number(status.mtimeNs / 1_000n);
}

async function sizeOf(fs: FileSystem, path: string): Promise<number | undefined> {
  try {
    return (await fs.lstat(path))?.size;
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

const AT_ONCE = 16;
const PROGRESS_STEP = 256;
