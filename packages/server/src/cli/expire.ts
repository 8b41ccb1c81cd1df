// `postigo expire`: removes what has outlived maildrop.expire, and ends what is held longer than maildrop.deleted says, also in the
// maildrops of users who never log in. What a login does bit by bit, this does to the end. `--held-before` ends held mail and no
// other, whatever the configuration says.

import { openAuditLog } from "./audit-log.js";
import { eachMaildrop } from "./each-maildrop.js";
import { CommandError, EXIT, type ExitCode } from "./exit-code.js";
import { createExpirer, type ExpiryCount, type ExpiryRule } from "./expire-maildrop.js";
import { momentOption } from "./moment.js";
import { type Parsed, textOf } from "./options.js";
import { type Column, renderTable } from "./table.js";
import type { Terminal } from "./terminal.js";
import { openUserMaildrops, problemOf, type UserMaildrop, type UserMaildrops, userOrAll } from "./user-maildrops.js";

interface Row extends UserMaildrop, ExpiryCount {
  /** Why nothing was done: the maildrop is in use, or cannot be reached. */
  readonly problem: CommandError | undefined;
}

export const expire = async (parsed: Parsed, terminal: Terminal): Promise<number> => {
  const user = userOrAll(parsed);
  const maildrops = await openUserMaildrops(parsed);
  const audit = openAuditLog(maildrops.config, terminal);
  try {
    const rule = ruleOf(maildrops, textOf(parsed, "held-before"), Date.now());
    const tell = (what: string): void => terminal.err(`postigo: ${what}\n`);
    const { look, run } = createExpirer(maildrops, { rule, log: audit.log, tell });
    const work = parsed["dry-run"] === true ? look : run;
    const rows = await eachMaildrop(maildrops.chosen(user), terminal, (maildrop) => expireOne(maildrop, work));
    report(rows, parsed["json"] === true, terminal);
    return exitCodeOf(rows);
  } finally {
    await audit.close();
    maildrops.close();
  }
};

/** `heldBefore`: as it was typed. It ends what is held where nothing is any more. */
const ruleOf = ({ config }: UserMaildrops, heldBefore: string | undefined, now: number): ExpiryRule => {
  const { expireMs, deleted } = config.maildrop;
  const deletedBefore = deleted.type === "hold" ? now - deleted.ms : undefined;
  if (heldBefore !== undefined) {
    return { deliveredBefore: undefined, deletedBefore: momentOption("--held-before", heldBefore, now, "30d") };
  }
  if (expireMs === undefined && deletedBefore === undefined) {
    const remedy =
      "set maildrop.expire, or maildrop.deleted to hold with a time; --held-before 30d ends what was held earlier";
    throw new CommandError(EXIT.configuration, `no mail expires in this configuration; ${remedy}`);
  }
  return { deliveredBefore: expireMs === undefined ? undefined : now - expireMs, deletedBefore };
};

const expireOne = async (
  maildrop: UserMaildrop,
  work: (maildrop: UserMaildrop) => Promise<ExpiryCount>,
): Promise<Row> => {
  try {
    return { ...maildrop, ...(await work(maildrop)), problem: undefined };
  } catch (error) {
    return { ...maildrop, expired: 0, purged: 0, failed: 0, problem: problemOf(error, maildrop) };
  }
};

const report = (rows: readonly Row[], asJson: boolean, terminal: Terminal): void => {
  if (asJson) {
    const maildrops = rows.map(({ user, path, expired, purged, failed, problem }) => ({
      ...{ user, maildrop: path, expired, purged, failed },
      ...(problem && { problem: problem.message }),
    }));
    terminal.out(`${JSON.stringify({ maildrops }, undefined, 2)}\n`);
    return;
  }
  const cells = rows.flatMap(({ user, expired, purged, failed }) =>
    expired + purged + failed === 0 ? [] : [[user, `${expired}`, `${purged}`, `${failed}`]],
  );
  if (cells.length > 0) terminal.out(renderTable(COLUMNS, cells, terminal));
  for (const { problem } of rows) if (problem) terminal.err(`postigo: ${problem.message}\n`);
  const sum = (key: keyof ExpiryCount): number => rows.reduce((total, row) => total + row[key], 0);
  const maildrops = rows.length === 1 ? "1 maildrop" : `${rows.length} maildrops`;
  terminal.err(`${maildrops}: ${sum("expired")} expired, ${sum("purged")} held no longer, ${sum("failed")} failed\n`);
};

const exitCodeOf = (rows: readonly Row[]): ExitCode => {
  const problem = rows.find((row) => row.problem !== undefined)?.problem;
  if (problem !== undefined) return problem.code;
  return rows.some(({ failed }) => failed > 0) ? EXIT.inputOutput : EXIT.ok;
};

const COLUMNS: readonly Column[] = [
  { head: "User", align: "left" },
  { head: "Expired", align: "right" },
  { head: "Held no longer", align: "right" },
  { head: "Failed", align: "right" },
];
