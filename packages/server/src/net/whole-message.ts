// A message that the first read held whole, which most are: counted, encoded and ended within one turn of the event loop, and
// without an object of its own.

import { closingOctets, NOTHING_BEFORE } from "@postigo/protocol";
import type { OpenMessage } from "@postigo/storage";
import { endingAfter, topCutOf } from "./message-form.js";
import type { Stage } from "./stage.js";

export const isWhole = ({ first, chunk }: OpenMessage): boolean => first < chunk.length;

/**
 * Octets of the message on the wire, before byte-stuffing. They are counted from what was read, so that a wrong or hostile
 * index cannot announce another number.
 */
export function announceWhole(message: OpenMessage, stage: Stage): number {
  const { first } = message;
  place(message, stage);
  return first + stage.kernel.countAdded(0, first, NOTHING_BEFORE) + closingOctets(lastOf(stage, first));
}

/** Stages the message; the caller has made room. */
export function stageWhole(message: OpenMessage, stage: Stage, bodyLines: number | "all"): void {
  const { first } = message;
  place(message, stage);
  const length = topCutOf(message, bodyLines)?.take(stage.window, first) ?? first;
  stage.encodeWindow(length, NOTHING_BEFORE);
  stage.append(endingAfter(lastOf(stage, length)));
}

/** Reads that took their time have a target of their own; the kernel wants them in its window, where others may have been since. */
function place({ first, chunk }: OpenMessage, { window }: Stage): void {
  if (chunk !== window) window.set(chunk.subarray(0, first));
}

function lastOf({ window }: Stage, length: number): number {
  return length === 0 ? NOTHING_BEFORE : (window[length - 1] ?? NOTHING_BEFORE);
}
