// One run of the load generator against one server, with the CPU of both around it.

import { setTimeout as pause } from "node:timers/promises";
import { runLoad } from "../load/load-generator.mjs";
import { cpuSeconds, machineSeconds } from "../processes.mjs";
import { PASSWORD, SPOOLS } from "../spools.mjs";

/** Until the processes of ended sessions are reaped, so that their CPU counts. */
const REAPING_MS = 250;

/** The generator's figures with `server_cpu` and `other_cpu`: cores that neither side used, the noise of the machine. */
export async function measure(bench, server, { row, args }) {
  const cpuBefore = cpuSeconds(server.pids);
  const machineBefore = machineSeconds();
  const began = performance.now();
  const figures = await runLoad(bench.load.path, loadArguments(server, { row, args }), bench.signal);
  await pause(REAPING_MS);
  const server_cpu = cpuSeconds(server.pids) - cpuBefore;
  const seconds = (performance.now() - began) / 1000;
  const other = machineSeconds() - machineBefore - server_cpu - figures.cpu_s;
  return { ...figures, server_cpu, wall: seconds, other_cpu: Math.max(0, other) / seconds };
}

/** What every run is told: where the server is, who the users are. */
export function loadArguments(server, { row, args }) {
  const port = row.tls === true ? server.tlsPort : server.port;
  const where = ["-h", "127.0.0.1", "-p", String(port), ...(row.tls === true ? ["-Z"] : [])];
  return [...where, "-w", PASSWORD, "-u", `${SPOOLS[row.spool].prefix}%d`, "-E", "40", ...args];
}
