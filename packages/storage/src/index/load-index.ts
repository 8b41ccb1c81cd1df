// Reads postigo.index. Whatever is wrong with it costs time and nothing else: then nothing is remembered, or less.

import { Buffer } from "node:buffer";
import { at, CUR, GrowingNames } from "../maildir/message-names.js";
import type { Stamps } from "../maildir/stamps.js";
import { UniqueNameMap } from "../maildir/unique-name-map.js";
import { errnoOf } from "../ports/errno.js";
import type { FileSystem } from "../ports/file-system.js";
import { type Breathe, inSlices } from "../table/in-slices.js";
import { columnsFor, MEASURED, MessageColumns } from "../table/message-columns.js";
import { decodeRecords, type Fact } from "./fact-log.js";
import { decodeSnapshot, type Snapshot } from "./snapshot.js";

export const INDEX_NAME = "postigo.index";

export interface LoadedIndex {
  /** All that is remembered; in no order, and with names that are cut off after the unique name. */
  readonly facts: MessageColumns;
  /** The last listing that was saved, if it can be trusted while the stamps of the folders are these. */
  readonly listing: { readonly table: MessageColumns; readonly stamps: Stamps } | undefined;
  readonly saved: SavedIndex;
}

/** What stands on disk, in octets. */
export interface SavedIndex {
  readonly snapshot: number;
  readonly log: number;
  /** Whether records may be appended: nothing is after a torn one. */
  readonly isWhole: boolean;
}

export async function loadIndex(fs: FileSystem, root: string): Promise<LoadedIndex | undefined> {
  const file = await readIndexFile(fs, root);
  if (file === undefined) return undefined;
  const breathe = () => fs.yieldIfDue();
  const snapshot = await decodeSnapshot(file, breathe);
  if (snapshot === undefined) return undefined;
  const rowOf = await mapUniqueNames(snapshot.table, breathe);
  if (rowOf === undefined) return undefined;
  const { facts, isWhole } = decodeRecords(file.subarray(snapshot.length));
  const additions = correct(snapshot.table, rowOf, facts);
  return {
    facts: additions.length === 0 ? snapshot.table : withFacts(snapshot.table, additions),
    listing: listingOf(snapshot),
    saved: { snapshot: snapshot.length, log: file.length - snapshot.length, isWhole },
  };
}

async function readIndexFile(fs: FileSystem, root: string): Promise<Uint8Array | undefined> {
  try {
    return await fs.readFile(`${root}/${INDEX_NAME}`, INDEX_OCTETS_MAX);
  } catch (error) {
    // None there, not ours to read, a symlink, a FIFO, too big, a bad disk: all of it means that nothing is remembered.
    if (errnoOf(error) === undefined) throw error;
    return undefined;
  }
}

/** undefined if a unique name occurs twice. */
async function mapUniqueNames({ names }: MessageColumns, breathe: Breathe): Promise<UniqueNameMap | undefined> {
  const rowOf = new UniqueNameMap(names);
  let isUnique = true;
  await inSlices(names.count, breathe, (row) => {
    isUnique &&= rowOf.add(row) === row;
  });
  return isUnique ? rowOf : undefined;
}

/** Writes into the table what the log knows better; gives back the facts about messages that it does not hold. */
function correct(table: MessageColumns, rowOf: UniqueNameMap, facts: readonly Fact[]): readonly Fact[] {
  const additions = new Map<string, Fact>();
  for (const fact of facts) {
    const name = Buffer.from(fact.uniqueName, "latin1");
    const row = rowOf.find(name, 0, name.length);
    if (row < 0) additions.set(fact.uniqueName, fact);
    else {
      table.octets[row] = fact.octets;
      table.fileOctets[row] = fact.fileOctets;
      table.times[row] = fact.time;
      table.measured[row] = MEASURED;
    }
  }
  return [...additions.values()];
}

function withFacts(table: MessageColumns, facts: readonly Fact[]): MessageColumns {
  const added = new GrowingNames();
  for (const { uniqueName } of facts) added.append(uniqueName, uniqueName.length, CUR);
  const { count, names } = table;
  const columns = columnsFor(count + facts.length, names.octets.length + at(added.starts, added.count));
  columns.octets.set(table.octets);
  columns.fileOctets.set(table.fileOctets);
  columns.times.set(table.times);
  columns.measured.set(table.measured);
  columns.octets.set(
    facts.map(({ octets }) => octets),
    count,
  );
  columns.fileOctets.set(
    facts.map(({ fileOctets }) => fileOctets),
    count,
  );
  columns.times.set(
    facts.map(({ time }) => time),
    count,
  );
  columns.measured.fill(MEASURED, count);
  const all = columns.names;
  names.octets.copy(all.octets);
  added.octets.copy(all.octets, names.octets.length, 0, at(added.starts, added.count));
  all.starts.set(names.starts);
  for (let row = 0; row <= added.count; row++) all.starts[count + row] = names.octets.length + at(added.starts, row);
  all.uniqueLengths.set(names.uniqueLengths);
  all.uniqueLengths.set(added.uniqueLengths.subarray(0, added.count), count);
  return new MessageColumns(columns);
}

function listingOf({ table, stamps }: Snapshot): LoadedIndex["listing"] {
  return stamps && { table, stamps };
}

/** Room for about a million and a half messages; nobody can make us read more. */
const INDEX_OCTETS_MAX = 160 * 1_048_576;
