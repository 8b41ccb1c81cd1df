// A Maildrop over a real Maildir, with what it tells the index and the log.

import { readFileSync } from "node:fs";
import type { MessageTable } from "#storage/maildrop";
import { createMaildrop } from "#storage/message/create-maildrop";
import { disposalOf } from "#storage/message/disposal";
import type { MaildropParts } from "#storage/message/maildrop-parts";
import type { Measured } from "#storage/message/octet-count";
import type { FileSystem } from "#storage/ports/file-system";
import { createFileSystem } from "#storage/ports/node-file-system";
import { octetPath } from "#storage/ports/octet-path";
import type { StorageError } from "#storage/storage-error";
import type { MaildirBuilder } from "./maildir-builder.js";

/** Tests run once in each. */
export const IO_MODES = ["sync", "async"] as const;

/** The table that a scan would make of the files as they are now. */
export function tableOf(maildir: MaildirBuilder, paths: readonly string[]): MessageTable {
  const contents = paths.map((path) => maildir.read(path));
  const at = <T>(column: readonly T[], position: number): T => column[position] as T;
  return {
    count: paths.length,
    deliveredAt: () => 0,
    octetsAt: (position) => canonicalOctets(at(contents, position)),
    fileOctetsAt: (position) => at(contents, position).length,
    uniqueIdAt: (position) => `id-${position}`,
    copyUniqueId: (position, target, offset) =>
      Buffer.from(target.buffer).write(`id-${position}`, target.byteOffset + offset),
    pathAt: (position) => at(paths, position),
  };
}

export interface Learnt {
  readonly measures: Map<number, Measured>;
  readonly forgotten: number[];
  readonly troubles: StorageError[];
  closings: number;
}

export function maildropOver(
  maildir: MaildirBuilder,
  paths: readonly string[],
  { fs = createFileSystem({ io: "sync" }), ...others }: { fs?: FileSystem } & Partial<MaildropParts> = {},
) {
  const learnt: Learnt = { measures: new Map(), forgotten: [], troubles: [], closings: 0 };
  const site = { fs, root: octetPath(maildir.root) };
  const maildrop = createMaildrop({
    ...site,
    disposal: disposalOf("unlink", { ...site, home: site.root }, Date.now),
    home: site.root,
    table: tableOf(maildir, paths),
    count: (fd) => canonicalOctets(readFileSync(fd, "latin1")),
    remember: (position, measure) => learnt.measures.set(position, measure),
    forget: (positions) => learnt.forgotten.push(...positions),
    onTrouble: (trouble) => learnt.troubles.push(trouble),
    onClose: () => {
      learnt.closings += 1;
    },
    ...others,
  });
  return { maildrop, learnt };
}

export function canonicalOctets(content: string): number {
  const lines = content.replace(/\r?\n/g, "\r\n");
  return lines.length + (lines === "" || lines.endsWith("\r\n") ? 0 : 2);
}
