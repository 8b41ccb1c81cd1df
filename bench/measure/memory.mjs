import { setTimeout as pause } from "node:timers/promises";
import { memoryOf } from "../processes.mjs";
import { MOST_REPETITIONS } from "../spools.mjs";
import { hold, letGo } from "./held.mjs";

/** Until the server has come to rest. */
const SETTLING_MS = 2_000;
const KB_IN_MB = 1_024;
/** One whose path no other row has used: a server that knows the messages from there would not save what it knows again. */
const BIG_USER = MOST_REPETITIONS;

/** KB that one more idle session takes: the slope between a few and many logged-in sessions, after a new start. */
export const measureIdle = (bench, row, servers) =>
  forEach(bench, { row, servers }, async (server) => {
    const { from, to } = server.idleSessions;
    if (bench.workplace.fillOnce(server, row.spool)) await bench.workplace.rest();
    await server.restart();
    await hold(bench, server, { row, first: 1, count: from });
    const before = await restingMemory(server);
    await hold(bench, server, { row, first: from + 1, count: to - from });
    const after = await restingMemory(server);
    return {
      value: (after.pssKb - before.pssKb) / (to - from),
      sessions: to,
      remark: `${from} to ${to} sessions, ${after.processes} processes, ${Math.round(after.pssKb / KB_IN_MB)} MB in all`,
    };
  });

/** MB that one session on a 100,000-message maildrop adds to a new server, the maildrop opened once before. */
export const measureBig = (bench, row, servers) =>
  forEach(bench, { row, servers }, async (server) => {
    bench.workplace.fill(server, { spool: row.spool, first: BIG_USER, last: BIG_USER });
    bench.workplace.fill(server, { spool: "few", first: 1, last: 1 });
    await bench.workplace.rest();
    await hold(bench, server, { row, first: BIG_USER, count: 1 });
    letGo(bench);
    await server.restart();
    // The first session of all also pays for what every session uses.
    await hold(bench, server, { row: { ...row, spool: "few" }, first: 1, count: 1 });
    const before = await restingMemory(server);
    await hold(bench, server, { row, first: BIG_USER, count: 1 });
    const after = await restingMemory(server);
    return { value: (after.pssKb - before.pssKb) / KB_IN_MB, sessions: 1, remark: "" };
  });

/** Once each: memory does not vary as time does. */
async function forEach(bench, { row, servers }, measured) {
  for (const server of servers) {
    try {
      bench.note(row.name, server, { ...(await measured(server)), server_cpu: 0, other_cpu: 0 });
    } catch (error) {
      if (bench.signal.aborted) throw error;
      bench.note(row.name, server, { sessions: 0, failed: 1, first_error: error.message });
    } finally {
      letGo(bench);
    }
  }
}

async function restingMemory(server) {
  await pause(SETTLING_MS);
  return memoryOf(server.pids);
}
