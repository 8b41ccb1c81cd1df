// `postigo undelete`: brings deleted messages back from where they were put aside. Their unique-ids are what they were, so clients
// take them for the messages they are. Held mail of a folder goes back to that folder; the trash does not say where mail came from.

import { type AsideMessage, listAside, listFoldersOfHeld, type RestoreReport, restoreMail } from "@postigo/storage";
import type { EventLog } from "../log/event-log.js";
import { openAuditLog } from "./audit-log.js";
import { CommandError, EXIT, type ExitCode, errorCode } from "./exit-code.js";
import { printable } from "./message-rows.js";
import { momentOption } from "./moment.js";
import { type Parsed, textOf } from "./options.js";
import { type Column, renderTable } from "./table.js";
import type { Terminal } from "./terminal.js";
import { type UniqueIds, uniqueIdsOf } from "./unique-ids.js";
import { openUserMaildrops, problemOf, type UserMaildrop, type UserMaildrops } from "./user-maildrops.js";
import { createUserStore, finishCutOffUpdate, openOptionsOf, siteOf } from "./user-store.js";

interface Choice {
  /** Milliseconds since 1970; what was deleted before is not meant. */
  readonly since: number;
  /** undefined: whatever its unique-id. */
  readonly uniqueId: string | undefined;
}

interface Row {
  readonly uniqueId: string;
  readonly from: AsideMessage["place"];
  /** ISO 8601. */
  readonly deleted: string;
  readonly octets: number;
  readonly file: string;
  readonly result: "aside" | "restored" | "left";
  readonly why: string;
}

export const undelete = async (parsed: Parsed, terminal: Terminal): Promise<number> => {
  const user = textOf(parsed, "user");
  if (user === undefined) throw new CommandError(EXIT.usage, "whose messages? Name a USER");
  const choice = choiceOf(parsed, Date.now());
  const maildrops = await openUserMaildrops(parsed);
  const audit = openAuditLog(maildrops.config, terminal);
  try {
    const maildrop = maildrops.named(user);
    const task = { maildrops, maildrop, choice, terminal, log: audit.log };
    const rows = parsed["dry-run"] === true ? await look(task) : await bringBack(task);
    report(rows, { asJson: parsed["json"] === true, maildrop, terminal });
    if (rows.length === 0) terminal.err(`postigo: ${nothingOf(choice)}\n`);
    await tellOfFolders(task);
    return exitCodeOf(rows, choice);
  } finally {
    await audit.close();
    maildrops.close();
  }
};

interface Task {
  readonly maildrops: UserMaildrops;
  readonly maildrop: UserMaildrop;
  readonly choice: Choice;
  readonly terminal: Terminal;
  readonly log: EventLog;
}

const choiceOf = (parsed: Parsed, now: number): Choice => {
  const [since, uniqueId] = [textOf(parsed, "since"), textOf(parsed, "message")];
  if (since === undefined && uniqueId === undefined && parsed["dry-run"] !== true) {
    throw new CommandError(EXIT.usage, "which messages? --since 2d, or --message ID; --dry-run shows what there is");
  }
  return { since: since === undefined ? 0 : momentOption("--since", since, now, "2d"), uniqueId };
};

const look = async (task: Task): Promise<readonly Row[]> => {
  const { chosen, ids } = await choose(task);
  return chosen.map((message) => rowOf(message, ids, { result: "aside", why: "" }));
};

const bringBack = (task: Task): Promise<readonly Row[]> =>
  task.maildrops.underLock(task.maildrop, async (mayGoOn) => {
    const { maildrops, maildrop, terminal, log } = task;
    const tell = (what: string): void => terminal.err(`postigo: ${what}\n`);
    const store = createUserStore(maildrops, ({ code, path }) => tell(`${path}: ${code}`));
    await finishCutOffUpdate(store, maildrop.path, openOptionsOf(maildrops, maildrop, mayGoOn));
    const { chosen, ids } = await choose(task);
    const { trashCounts: trashIsCounted } = maildrops.config.maildrop;
    const restored = await restoreMail(await siteOf(maildrops, maildrop), chosen, { trashIsCounted, mayGoOn });
    await store.flush();
    if (restored.quotaTrouble !== undefined) tell(`the quota was not told: ${String(restored.quotaTrouble)}`);
    logRestored(restored, { log, ids, user: maildrop.user });
    return rowsOf(restored, ids);
  });

const choose = async ({ maildrops, maildrop, choice }: Task) => {
  const site = await siteOf(maildrops, maildrop);
  try {
    const ids = await uniqueIdsOf(site);
    const aside = await listAside(site);
    const isChosen = (message: AsideMessage): boolean =>
      (message.place === "hold" || mayTakeFromTrash(maildrop, choice)) &&
      message.removedAt >= choice.since &&
      (choice.uniqueId === undefined || ids(message.uniqueName) === choice.uniqueId);
    return { chosen: aside.filter(isChosen), ids };
  } catch (error) {
    throw problemOf(error, maildrop);
  }
};

/** Whatever was deleted lies there together: into a folder only that goes which was named. */
const mayTakeFromTrash = ({ folderOf }: UserMaildrop, { uniqueId }: Choice): boolean =>
  folderOf === undefined || uniqueId !== undefined;

/** Who looks for mail of a folder under the name of its user does not find it there. */
const tellOfFolders = async ({ maildrops, maildrop, terminal }: Task): Promise<void> => {
  const { folderSeparator } = maildrops.config.spool;
  if (maildrop.folderOf !== undefined || folderSeparator === undefined) return;
  for (const [folder, count] of await listFoldersOfHeld(await siteOf(maildrops, maildrop))) {
    const name = printable(`${maildrop.user}${folderSeparator}${folder.slice(1)}`);
    terminal.err(`${name}: ${count} ${count === 1 ? "message is" : "messages are"} held as well\n`);
  }
};

const logRestored = (
  { restored }: RestoreReport,
  { log, ids, user }: { readonly log: EventLog; readonly ids: UniqueIds; readonly user: string },
): void => {
  for (const { message, path } of restored) {
    const { path: from, octets, uniqueName } = message;
    log.event("message-restored", { user, uid: ids(uniqueName), file: path, from, octets });
  }
};

const rowsOf = ({ restored, failed }: RestoreReport, ids: UniqueIds): readonly Row[] => [
  ...restored.map(({ message, path }) => rowOf({ ...message, path }, ids, { result: "restored", why: "" })),
  ...failed.map(({ message, why }) => rowOf(message, ids, { result: "left", why: reasonOf(why) })),
];

const reasonOf = (why: RestoreReport["failed"][number]["why"]): string => {
  if (typeof why !== "string") return errorCode(why.cause) ?? String(why.cause);
  return REASONS[why];
};

const rowOf = (message: AsideMessage, ids: UniqueIds, end: Pick<Row, "result" | "why">): Row => ({
  uniqueId: ids(message.uniqueName),
  from: message.place,
  deleted: new Date(message.removedAt).toISOString(),
  octets: message.octets,
  file: printable(message.path),
  ...end,
});

interface Showing {
  readonly asJson: boolean;
  readonly maildrop: UserMaildrop;
  readonly terminal: Terminal;
}

const report = (rows: readonly Row[], { asJson, maildrop, terminal }: Showing): void => {
  if (asJson) {
    const { user, path } = maildrop;
    terminal.out(`${JSON.stringify({ user, maildrop: path, messages: rows }, undefined, 2)}\n`);
    return;
  }
  const cells = rows.map((row) => [
    row.uniqueId,
    row.from,
    row.deleted,
    `${row.octets}`,
    row.result,
    row.why,
    row.file,
  ]);
  if (rows.length > 0) terminal.out(renderTable(COLUMNS, cells, terminal));
  const restored = rows.filter(({ result }) => result === "restored").length;
  terminal.err(`${maildrop.path}: ${restored} of ${rows.length} messages restored\n`);
};

const nothingOf = ({ uniqueId, since }: Choice): string => {
  const which = uniqueId === undefined ? "" : ` with the unique-id "${printable(uniqueId)}"`;
  const when = since === 0 ? "" : ` since ${new Date(since).toISOString()}`;
  const remedy = `${which}${when}` === "" ? "" : "; --dry-run alone shows what there is";
  return `no deleted message${which} is aside${when}${remedy}`;
};

const exitCodeOf = (rows: readonly Row[], { uniqueId }: Choice): ExitCode => {
  if (uniqueId !== undefined && rows.length === 0) return EXIT.missingInput;
  return rows.some(({ result }) => result === "left") ? EXIT.unavailable : EXIT.ok;
};

const REASONS = {
  taken: "a message of this name is in the maildrop",
  gone: "it is not there any more",
  stopped: "the lock was lost",
} as const;

const COLUMNS: readonly Column[] = [
  { head: "Unique-id", align: "left" },
  { head: "From", align: "left" },
  { head: "Deleted", align: "left" },
  { head: "Octets", align: "right" },
  { head: "Result", align: "left" },
  { head: "Why", align: "left" },
  { head: "File", align: "left" },
];
