// What the processes of a server use, read from /proc, and how they are ended.

import { readdirSync, readFileSync } from "node:fs";
import { setTimeout as pause } from "node:timers/promises";

/** Clock ticks a second in /proc (USER_HZ); 100 on every Linux architecture that Node runs on. */
const TICKS = 100;
const ENDING_MS = 5_000;

/** CPU seconds, user and system, that the trees of these processes have used, ended children included. */
export function cpuSeconds(roots) {
  let ticks = 0;
  for (const { fields } of tree(roots)) for (const field of fields.slice(11, 15)) ticks += Number(field);
  return ticks / TICKS;
}

/** CPU seconds that the whole machine has used. */
export function machineSeconds() {
  const [user, nice, system, , , irq, softirq, steal] = readFileSync("/proc/stat", "latin1")
    .split("\n", 1)[0]
    .split(/\s+/)
    .slice(1)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) / TICKS;
}

/** Memory of the trees in KB, pages that are shared divided among those who share them (PSS), and how many processes. */
export function memoryOf(roots) {
  let pssKb = 0;
  let processes = 0;
  for (const { pid } of tree(roots)) {
    const rollup = readOrNothing(`/proc/${pid}/smaps_rollup`);
    if (rollup === undefined) continue;
    pssKb += Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
    processes++;
  }
  return { pssKb, processes };
}

/** TERM to each, then KILL to those that are left after five seconds. */
export async function endProcesses(pids) {
  for (const pid of pids) signal(pid, "SIGTERM");
  const deadline = Date.now() + ENDING_MS;
  while (pids.some(isRunning) && Date.now() < deadline) await pause(50);
  for (const pid of pids.filter(isRunning)) signal(pid, "SIGKILL");
}

function signal(pid, name) {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended already.
  }
}

function isRunning(pid) {
  const stat = readOrNothing(`/proc/${pid}/stat`);
  return stat !== undefined && fieldsOf(stat)[0] !== "Z";
}

/** The processes of these roots and all their descendants. */
function tree(roots) {
  const all = new Map();
  const children = new Map();
  for (const name of readdirSync("/proc")) {
    const stat = /^\d+$/.test(name) ? readOrNothing(`/proc/${name}/stat`) : undefined;
    if (stat === undefined) continue;
    const fields = fieldsOf(stat);
    all.set(Number(name), { pid: Number(name), fields });
    children.set(Number(fields[1]), [...(children.get(Number(fields[1])) ?? []), Number(name)]);
  }
  const found = new Set();
  for (const todo = [...roots]; todo.length > 0; ) {
    const pid = todo.pop();
    if (found.has(pid) || !all.has(pid)) continue;
    found.add(pid);
    todo.push(...(children.get(pid) ?? []));
  }
  return [...found].map((pid) => all.get(pid));
}

/** The fields of proc_pid_stat(5) from the third on; the second, the name, may hold anything but ends with the last ")". */
const fieldsOf = (stat) => stat.slice(stat.lastIndexOf(")") + 2).split(" ");

function readOrNothing(path) {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return undefined; // it has ended meanwhile
  }
}
