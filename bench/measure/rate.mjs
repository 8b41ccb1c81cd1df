import { SPOOLS } from "../spools.mjs";
import { measure } from "./run.mjs";

/** So many sessions, messages or megabytes a second, for as long as --seconds says; every maildrop has been opened before. */
export async function measureRate(bench, row, servers) {
  const fresh = servers.filter((server) => bench.workplace.fillOnce(server, row.spool));
  if (fresh.length > 0) await bench.workplace.rest();
  for (const server of fresh) await openAll(bench, server, row);
  for (let repetition = 0; repetition < bench.reps; repetition++) {
    for (const server of servers) {
      const args = [...row.args, "-D", String(bench.seconds), "-T", "45"];
      bench.note(row.name, server, await measure(bench, server, { row, args }));
    }
  }
}

async function openAll(bench, server, row) {
  const { users } = SPOOLS[row.spool];
  const args = ["-m", "uidl", "-c", String(Math.min(4, users)), "-n", String(users), "-K", String(users)];
  await measure(bench, server, { row: { ...row, tls: false }, args });
}
