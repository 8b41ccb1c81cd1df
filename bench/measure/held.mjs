// Connections that are held open while the server's memory is read.

import { readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { startLoad } from "../load/load-generator.mjs";
import { loadArguments } from "./run.mjs";

const OPENING_MS = 180_000;
const HOLDING_S = "900";
const STEP_MS = 100;

/** Opens `count` sessions from user `first` on and leaves them; throws unless all are logged in within three minutes. */
export async function hold(bench, server, { row, first, count }) {
  const ready = join(bench.workplace.root, "ready");
  rmSync(ready, { force: true });
  const idle = [
    "-m",
    "idle",
    "-A",
    "-c",
    String(count),
    "-f",
    String(first),
    "-S",
    HOLDING_S,
    "-T",
    "120",
    "-r",
    ready,
  ];
  const load = startLoad(bench.load.path, loadArguments(server, { row, args: idle }));
  bench.held.add(load);
  const deadline = Date.now() + OPENING_MS;
  while (contents(ready) === undefined && !load.exited() && Date.now() < deadline) {
    await pause(STEP_MS, undefined, { signal: bench.signal });
  }
  const up = Number(contents(ready) ?? 0);
  if (up !== count) throw new Error(`${up} of ${count} sessions are logged in`);
}

/** Ends all that is held. */
export function letGo(bench) {
  for (const load of bench.held) load.end();
  bench.held.clear();
}

function contents(path) {
  try {
    const text = readFileSync(path, "latin1");
    return text.endsWith("\n") ? text : undefined;
  } catch {
    return undefined;
  }
}
