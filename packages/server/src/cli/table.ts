// A table for people and for programs: framed on a terminal, aligned words in a pipe.

import Framed from "cli-table3";

export interface Column {
  readonly head: string;
  readonly align: "left" | "right";
}

/** For a pipe an empty cell is `-`, so that awk counts columns rightly; cells hold no line ends. */
export const renderTable = (
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  { outIsTerminal }: { readonly outIsTerminal: boolean },
): string => (outIsTerminal && rows.length <= MOST_FRAMED ? framed(columns, rows) : aligned(columns, rows));

const framed = (columns: readonly Column[], rows: readonly (readonly string[])[]): string => {
  const table = new Framed({
    head: columns.map(({ head }) => head),
    colAligns: columns.map(({ align }) => align),
    style: { head: [], border: [] },
  });
  for (const row of rows) table.push([...row]);
  return `${table.toString()}\n`;
};

const aligned = (columns: readonly Column[], rows: readonly (readonly string[])[]): string => {
  const filled = rows.map((row) => row.map((cell) => cell || "-"));
  const widths = columns.map(({ head }, column) =>
    filled.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), head.length),
  );
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) =>
        columns[column]?.align === "right" ? cell.padStart(widths[column] ?? 0) : cell.padEnd(widths[column] ?? 0),
      )
      .join("  ");
  return [columns.map(({ head }) => head), ...filled].map((row) => `${line(row).trimEnd()}\n`).join("");
};

/** Beyond it the frame costs seconds, and nobody reads it. */
const MOST_FRAMED = 1000;
