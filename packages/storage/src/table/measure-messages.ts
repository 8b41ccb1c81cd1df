// Finds the octets of the messages that nothing is remembered of. One bad file never stops the others.

import { deliveryTimeOf, octetHintOf } from "../maildir/file-name.js";
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

  async work(): Promise<void> {
    const { rows, fs, onProgress } = this.#task;
    while (this.#next < rows.length) {
      await this.#measure(at(rows, this.#next++));
      this.#done += 1;
      if (this.#done % PROGRESS_STEP === 0 || this.#done === rows.length) onProgress(this.#done, rows.length);
      const pause = fs.yieldIfDue();
      if (pause) await pause;
    }
  }

  async #measure(row: number): Promise<void> {
    try {
      await this.#learn(row);
    } catch (error) {
      const code = errnoOf(error);
      if (code === undefined) throw error;
      if (code === "ENOENT") this.vanished.push(row);
      else await this.#guess(row);
    }
  }

  async #learn(row: number): Promise<void> {
    const { draft, fs, root, counter } = this.#task;
    const name = nameAt(draft.scan.names, row);
    const path = `${root}/${draft.pathAt(row)}`;
    const time = deliveryTimeOf(name);
    const hint = believableHint(name);
    const status = time < 0 || hint ? await fs.lstat(path) : undefined;
    draft.times[row] = time >= 0 ? time : microsecondsOf(status);
    if (hint && status?.kind === "file" && status.size === hint.fileOctets) return this.#know(row, hint, MEASURED);
    const measured = counter.measure(fs, path);
    this.#know(row, measured instanceof Promise ? await measured : measured, MEASURED);
    this.counted += 1;
  }

  // It stays in the listing, so that numbers and unique-ids are what they will be once it can be read again.
  async #guess(row: number): Promise<void> {
    const { draft, fs, root } = this.#task;
    const size = await sizeOf(fs, `${root}/${draft.pathAt(row)}`);
    const octets = size ?? Math.max(0, octetHintOf(nameAt(draft.scan.names, row), "S"));
    this.#know(row, { octets, fileOctets: octets }, GUESSED);
  }

  #know(row: number, { octets, fileOctets }: Measured, how: typeof MEASURED | typeof GUESSED): void {
    const { draft } = this.#task;
    draft.octets[row] = octets;
    draft.fileOctets[row] = fileOctets;
    const isFact = how === MEASURED && !draft.scan.isCopied(row);
    draft.measured[row] = isFact ? MEASURED : GUESSED;
    draft.learnt[row] = isFact ? 1 : 0;
  }
}

/** What `,S=` and `,W=` say, if it can be true: each octet of a file is at most two of the canonical form, and CRLF may be missing at its end. */
function believableHint(name: string): Measured | undefined {
  const fileOctets = octetHintOf(name, "S");
  const octets = octetHintOf(name, "W");
  return fileOctets >= 0 && octets >= fileOctets && octets <= 2 * fileOctets + 2 ? { octets, fileOctets } : undefined;
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
