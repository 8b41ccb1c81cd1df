// Opening a message. The common case, a file that is where it was, of the size it had and smaller than the target, is open,
// read and close without a promise or a closure; everything else leaves that road and takes the time it needs.
//
// The size is told by what arrives: a read that does not fill the target has met the end of the file. Only a full target
// asks for fstat.

import { Buffer } from "node:buffer";
import { atOnce, type Eventually } from "../eventually.js";
import type { MessageTrouble, OpenMessage } from "../maildrop.js";
import { errnoError, errnoOf, isMissing } from "../ports/errno.js";
import type { FileStatus } from "../ports/file-system.js";
import { pursue } from "./pursuit.js";
import type { SessionView } from "./session-view.js";
import { type OpenFile, StreamedMessage, WholeMessage } from "./stored-message.js";

type Outcome = OpenMessage | MessageTrouble;

/** As Maildrop.open. */
export function openMessage(view: SessionView, position: number, target: Uint8Array): Eventually<Outcome> {
  const { fs } = view.parts;
  if (!fs.isSync) return openLater(view, position, target);
  const path = view.filePathAt(position);
  let fd: number;
  try {
    fd = atOnce(fs.openRead(path));
  } catch (error) {
    return isMissing(error) ? openLater(view, position, twinOf(target)) : troubleOf(error);
  }
  const file = { fs, fd, path };
  return fs.isSync ? readNow(view, position, file, target) : readLater(view, position, file, twinOf(target));
}

function readNow(view: SessionView, position: number, file: OpenFile, target: Uint8Array): Eventually<Outcome> {
  const { fs, fd } = file;
  const fileOctets = view.fileOctetsAt(position);
  try {
    const first = atOnce(fs.read(fd, target, 0));
    const beginning = { chunk: target, first };
    if (first < target.length && first === fileOctets) {
      fs.close(fd);
      return new WholeMessage(view.octetsAt(position), beginning);
    }
    if (first === target.length && fs.isSync && isFileOf(atOnce(fs.fstat(fd)), fileOctets)) {
      return new StreamedMessage(file, { octets: view.octetsAt(position), fileOctets }, beginning);
    }
  } catch (error) {
    fs.close(fd);
    return troubleOf(error);
  }
  return readLater(view, position, file, twinOf(target));
}

function isFileOf({ kind, size }: FileStatus, fileOctets: number): boolean {
  return kind === "file" && size === fileOctets;
}

/** Finds the message wherever it is now. */
async function openLater(view: SessionView, position: number, chunk: Uint8Array): Promise<Outcome> {
  const { fs } = view.parts;
  let outcome: Outcome = "gone";
  const open = async () => {
    const path = view.filePathAt(position);
    try {
      const fd = await fs.openRead(path);
      outcome = await readLater(view, position, { fs, fd, path }, chunk);
    } catch (error) {
      if (isMissing(error)) return "missing";
      outcome = troubleOf(error);
    }
    return "done";
  };
  try {
    const { restless } = await pursue(view, [position], open);
    return restless.length > 0 ? "unreadable" : outcome;
  } catch (error) {
    return troubleOf(error);
  }
}

/** Reads the first octets and makes sure of the size. Never rejects for what a disk can do; closes the file unless it is handed on. */
async function readLater(view: SessionView, position: number, file: OpenFile, chunk: Uint8Array): Promise<Outcome> {
  const { fs, fd } = file;
  try {
    const first = await fill(file, chunk, view.fileOctetsAt(position));
    if (first < chunk.length && first === view.fileOctetsAt(position)) {
      fs.close(fd);
      return new WholeMessage(view.octetsAt(position), { chunk, first });
    }
    await measure(view, position, file);
    const known = { octets: view.octetsAt(position), fileOctets: view.fileOctetsAt(position) };
    return new StreamedMessage(file, known, { chunk, first });
  } catch (error) {
    fs.close(fd);
    return troubleOf(error);
  }
}

/** Fills `chunk` to its end or that of the file; a file of `expected` octets is known to end there. */
async function fill({ fs, fd }: OpenFile, chunk: Uint8Array, expected: number): Promise<number> {
  let filled = 0;
  do {
    const octets = await fs.read(fd, chunk.subarray(filled), filled);
    if (octets === 0) break;
    filled += octets;
  } while (filled < chunk.length && filled !== expected);
  return filled;
}

/** Counts a message again that is not of the size it had: its announced octets would be wrong. */
async function measure(view: SessionView, position: number, { fs, fd, path }: OpenFile): Promise<void> {
  const { kind, size } = await fs.fstat(fd);
  if (kind !== "file") throw errnoError("EINVAL", "read", path);
  if (size === view.fileOctetsAt(position)) return;
  view.measured(position, { octets: await view.parts.count(fd), fileOctets: size });
}

function troubleOf(error: unknown): MessageTrouble {
  if (errnoOf(error) === undefined) throw error;
  return "unreadable";
}

/** Memory as large as `target` that nobody else knows. */
function twinOf(target: Uint8Array): Uint8Array {
  return Buffer.allocUnsafeSlow(target.length);
}
