import { readdirSync } from "node:fs";
import { join } from "node:path";
import { SPOOLS } from "../spools.mjs";
import { measure } from "./run.mjs";

/** DELE of every message of a maildrop that has been opened before, and QUIT; what is left then counts as a failure. */
export async function measureDeleting(bench, row, servers) {
  for (let user = 1; user <= bench.reps; user++) {
    for (const server of servers) bench.workplace.fill(server, { spool: row.spool, first: user, last: user });
    await bench.workplace.rest();
    for (const server of servers) {
      const args = ["-f", String(user), "-c", "1", "-K", "1", "-T", "120"];
      await measure(bench, server, { row, args: [...args, "-m", "uidl"] });
      const figures = await measure(bench, server, { row, args: [...args, "-m", "dele"] });
      bench.note(row.name, server, { ...figures, ...leftOver(server, row.spool, user) });
      bench.workplace.empty(server, row.spool, user);
    }
  }
  bench.workplace.dropMaster(row.spool);
}

function leftOver(server, spool, user) {
  const maildir = join(server.spool, `${SPOOLS[spool].prefix}${user}`, "Maildir");
  const left = ["new", "cur"].reduce((sum, folder) => sum + readdirSync(join(maildir, folder)).length, 0);
  return left === 0 ? {} : { failed: left, first_error: `${left} messages left after DELE and QUIT` };
}
