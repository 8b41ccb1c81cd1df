import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";

const STRACE = "/usr/bin/strace";
/** What an event loop does however little there is to do; and the lines that say where a call went on. */
const NOT_COUNTED = /epoll_p?wait|futex|<\.\.\. |\+\+\+|---/;

/** System calls that the processes make during `work`, all threads together; undefined without strace. */
export async function countSystemCalls(pids, work) {
  if (!existsSync(STRACE)) return undefined;
  const attached = pids.flatMap((pid) => ["-p", String(pid)]);
  const child = spawn(STRACE, ["-f", ...attached], { stdio: ["ignore", "ignore", "pipe"] });
  let trace = "";
  child.stderr.setEncoding("latin1").on("data", (text) => {
    trace += text;
  });
  await once(child.stderr, "data"); // "Process … attached"
  const began = trace.length;
  await work();
  child.kill("SIGINT");
  await once(child, "close");
  return trace
    .slice(began)
    .split("\n")
    .filter((line) => line.includes("(") && !NOT_COUNTED.test(line)).length;
}
