// The messages of a maildrop, for people and for programs.

import type { MessageTable } from "@postigo/storage";
import { type Column, renderTable } from "./table.js";

/** One message. `file`: path below the maildrop; `flags`: the letters of its Maildir info, in their order there. */
export interface MessageRow {
  readonly number: number;
  readonly octets: number;
  readonly uniqueId: string;
  readonly flags: string;
  readonly file: string;
}

export const messageRows = (messages: MessageTable): readonly MessageRow[] =>
  Array.from({ length: messages.count }, (_, position) => {
    const path = messages.pathAt(position);
    return {
      number: position + 1,
      octets: messages.octetsAt(position),
      uniqueId: messages.uniqueIdAt(position),
      flags: /:2,([^/]*)$/.exec(path)?.[1] ?? "",
      file: printable(path),
    };
  });

/** Five columns. */
export const renderRows = (rows: readonly MessageRow[], terminal: { readonly outIsTerminal: boolean }): string => {
  const cells = rows.map(({ number, octets, uniqueId, flags, file }) => [
    `${number}`,
    `${octets}`,
    uniqueId,
    // Framed too: a mark in an otherwise empty cell.
    flags || "-",
    file,
  ]);
  return renderTable(COLUMNS, cells, terminal);
};

/** Names come as octets, one character each. What is no UTF-8, or could steer a terminal, is shown as \xHH. */
export const printable = (path: string): string => {
  const octets = Buffer.from(path, "latin1");
  const text = octets.toString("utf8");
  const readable = Buffer.from(text, "utf8").equals(octets) ? text : path.replace(/[\x80-\xff]/g, asHex);
  return readable.replace(/\p{C}/gu, asHex);
};

const asHex = (character: string): string =>
  [...Buffer.from(character, character <= "\xff" ? "latin1" : "utf8")]
    .map((octet) => `\\x${octet.toString(16).padStart(2, "0")}`)
    .join("");

const COLUMNS: readonly Column[] = [
  { head: "Number", align: "right" },
  { head: "Octets", align: "right" },
  { head: "Unique-id", align: "left" },
  { head: "Flags", align: "left" },
  { head: "File", align: "left" },
];
