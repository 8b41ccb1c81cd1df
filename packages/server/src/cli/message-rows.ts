// The messages of a maildrop, for people and for programs.

import type { MessageTable } from "@postigo/storage";
import Table from "cli-table3";

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

/** A framed table on a terminal; aligned words in a pipe, for awk: five columns, `-` where there is nothing. */
export const renderRows = (
  rows: readonly MessageRow[],
  { outIsTerminal }: { readonly outIsTerminal: boolean },
): string => {
  const cells = rows.map(({ number, octets, uniqueId, flags, file }) => [
    `${number}`,
    `${octets}`,
    uniqueId,
    flags || "-",
    file,
  ]);
  return outIsTerminal && rows.length <= MOST_FRAMED ? framed(cells) : aligned(cells);
};

const framed = (cells: readonly (readonly string[])[]): string => {
  const table = new Table({
    head: [...HEAD],
    colAligns: ["right", "right", "left", "left", "left"],
    style: { head: [], border: [] },
  });
  for (const row of cells) table.push([...row]);
  return `${table.toString()}\n`;
};

const aligned = (cells: readonly (readonly string[])[]): string => {
  const widths = HEAD.map((head, column) =>
    cells.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), head.length),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => (column < 2 ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0)))
      .join("  ");
  return [HEAD, ...cells].map((row) => `${line(row).trimEnd()}\n`).join("");
};

/** Names come as octets, one character each. What is no UTF-8, or could steer a terminal, is shown as \xHH. */
const printable = (path: string): string => {
  const octets = Buffer.from(path, "latin1");
  const text = octets.toString("utf8");
  const readable = Buffer.from(text, "utf8").equals(octets) ? text : path.replace(/[\x80-\xff]/g, asHex);
  return readable.replace(/\p{C}/gu, asHex);
};

const asHex = (character: string): string =>
  [...Buffer.from(character, character <= "\xff" ? "latin1" : "utf8")]
    .map((octet) => `\\x${octet.toString(16).padStart(2, "0")}`)
    .join("");

const HEAD = ["Number", "Octets", "Unique-id", "Flags", "File"] as const;
/** Beyond it the frame costs seconds, and nobody reads it. */
const MOST_FRAMED = 1000;
