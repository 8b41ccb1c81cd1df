// `postigo uids verify`: what a server that still runs lists for a user, beside what Postigo would list.

import type { MessageTable } from "@postigo/storage";
import { CommandError, EXIT } from "../exit-code.js";
import { printable } from "../message-rows.js";
import { type Parsed, textOf } from "../options.js";
import { readKnownPassword } from "../password-input.js";
import { readOnlyTable } from "../read-only-table.js";
import { type Column, renderTable } from "../table.js";
import type { Terminal } from "../terminal.js";
import { openUserMaildrops } from "../user-maildrops.js";
import { fetchListing, type ListedMessage, type ServerAddress } from "./pop3-client.js";

export interface Comparison {
  /** Under one unique-id here and there. */
  readonly same: number;
  /** Of those: with another number, or other octets. No client fetches them again. */
  readonly moved: number;
  readonly resized: number;
  /** Listed there and not here, with what could steer a terminal as \xHH. */
  readonly missing: readonly string[];
  /** Listed here and not there: fetched by every client. */
  readonly extra: readonly string[];
}

export const verifyUids = async (parsed: Parsed, terminal: Terminal): Promise<number> => {
  const user = textOf(parsed, "user");
  if (user === undefined) throw new CommandError(EXIT.usage, "whose maildrop? Name one USER");
  const address = addressOf(parsed);
  const maildrops = await openUserMaildrops(parsed);
  try {
    const maildrop = maildrops.of(user);
    const login = { name: textOf(parsed, "login") ?? user, password: await readKnownPassword(terminal) };
    const there = await fetchListing(address, login);
    const comparison = compare(there, await readOnlyTable(maildrop));
    report({ ...maildrop, ...comparison }, parsed["json"] === true, terminal);
    return comparison.missing.length + comparison.extra.length > 0 ? EXIT.differs : EXIT.ok;
  } finally {
    maildrops.close();
  }
};

export const compare = (there: readonly ListedMessage[], here: MessageTable): Comparison => {
  const byId = new Map(there.map((message) => [message.uniqueId, message]));
  const extra: string[] = [];
  let moved = 0;
  let resized = 0;
  for (let position = 0; position < here.count; position++) {
    const uniqueId = here.uniqueIdAt(position);
    const known = byId.get(uniqueId);
    byId.delete(uniqueId);
    if (known === undefined) extra.push(uniqueId);
    else if (known.number !== position + 1) moved += 1;
    if (known !== undefined && known.octets !== here.octetsAt(position)) resized += 1;
  }
  return { same: here.count - extra.length, moved, resized, missing: [...byId.keys()].map(printable), extra };
};

const addressOf = (parsed: Parsed): ServerAddress => {
  const text = textOf(parsed, "server");
  const [, bracketed, plain, digits = ""] = SERVER.exec(text ?? "") ?? [];
  const host = bracketed ?? plain;
  const port = Number.parseInt(digits, 10);
  if (host === undefined || port > 65_535)
    throw new CommandError(EXIT.usage, "--server takes HOST:PORT of the server that still runs");
  const tls = textOf(parsed, "tls") ?? (port === 995 ? "implicit" : "starttls");
  if (tls === "none" || tls === "starttls" || tls === "implicit") return { host, port, tls };
  throw new CommandError(EXIT.usage, `--tls ${tls}: one of none, starttls, implicit`);
};

const report = (result: Comparison & { user: string; path: string }, asJson: boolean, terminal: Terminal): void => {
  const { user, path, same, moved, resized, missing, extra } = result;
  if (asJson) {
    terminal.out(`${JSON.stringify({ user, maildrop: path, same, moved, resized, missing, extra }, undefined, 2)}\n`);
    return;
  }
  const cells = [same, missing.length, extra.length, moved, resized].map((count) => `${count}`);
  terminal.out(renderTable(COLUMNS, [[user, ...cells]], terminal));
  for (const uniqueId of missing.slice(0, MOST_TOLD)) terminal.err(`postigo: not listed here: "${uniqueId}"\n`);
  for (const uniqueId of extra.slice(0, MOST_TOLD)) terminal.err(`postigo: not listed there: "${uniqueId}"\n`);
};

const SERVER = /^(?:\[([\da-fA-F:.]+)\]|([^:\s[\]]+)):(\d{1,5})$/;
const COLUMNS: readonly Column[] = [
  { head: "User", align: "left" },
  ...["Same", "Missing", "Extra", "Moved", "Resized"].map((head) => ({ head, align: "right" as const })),
];
const MOST_TOLD = 10;
