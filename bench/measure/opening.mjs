import { measure } from "./run.mjs";

/** A 100,000-message maildrop takes its time to be made for each server and each repetition. */
const MOST_OF_100K = 2;

/** One session of USER, PASS, STAT, LIST, UIDL, QUIT on a new maildrop, then three on the same: "first" and "later" opens. */
export async function measureOpening(bench, row, servers) {
  const repetitions = row.spool === "k100" ? Math.min(MOST_OF_100K, bench.reps) : bench.reps;
  for (let user = 1; user <= repetitions; user++) {
    for (const server of servers) bench.workplace.fill(server, { spool: row.spool, first: user, last: user });
    await bench.workplace.rest();
    for (const server of servers) {
      const args = ["-f", String(user), "-m", "uidl", "-c", "1", "-T", "120"];
      bench.note(`${row.name} first`, server, await measure(bench, server, { row, args: [...args, "-K", "1"] }));
      bench.note(`${row.name} later`, server, await measure(bench, server, { row, args: [...args, "-K", "3"] }));
      bench.workplace.empty(server, row.spool, user);
    }
  }
  if (row.spool !== "k100") bench.workplace.dropMaster(row.spool);
}
