// Sessions, for people and for programs.

import type { SessionFacts } from "../net/session-facts.js";
import { type Column, renderTable } from "./table.js";
import type { Terminal } from "./terminal.js";

/** As `--json` prints them: times in ISO 8601, spans in seconds. */
export const sessionRows = (sessions: readonly SessionFacts[]): readonly object[] =>
  sessions.map(({ user, since, idleMs, ...others }) => ({
    ...others,
    user: user ?? null,
    since: new Date(since).toISOString(),
    idle: idleMs / 1000,
  }));

export const renderSessions = (sessions: readonly SessionFacts[], terminal: Pick<Terminal, "outIsTerminal">): string =>
  renderTable(COLUMNS, sessions.map(cellsOf), terminal);

const cellsOf = ({ session, user, address, since, idleMs, state, tls, octetsOut }: SessionFacts): readonly string[] => [
  session,
  printable(user ?? ""),
  address,
  new Date(since).toISOString().slice(0, 19).concat("Z"),
  `${Math.floor(idleMs / 1000)}s`,
  state,
  tls ? "yes" : "no",
  `${octetsOut}`,
];

/** Names of users may hold anything: what could steer a terminal is shown as `?`. */
const printable = (name: string): string => name.replace(/\p{C}/gu, "?");

const COLUMNS: readonly Column[] = [
  { head: "Session", align: "left" },
  { head: "User", align: "left" },
  { head: "Address", align: "left" },
  { head: "Since", align: "left" },
  { head: "Idle", align: "right" },
  { head: "State", align: "left" },
  { head: "TLS", align: "left" },
  { head: "Octets-out", align: "right" },
];
