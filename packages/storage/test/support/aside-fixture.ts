// A Maildir with mail that was removed and stands aside.

import * as fs from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import type { DisposalSite } from "#storage/message/disposal";
import { createFileSystem } from "#storage/ports/node-file-system";
import { octetPath } from "#storage/ports/octet-path";
import { FaultyFileSystem, type Interference } from "./faulty-file-system.js";
import { MaildirBuilder } from "./maildir-builder.js";

export interface AsideWorld {
  readonly maildir: MaildirBuilder;
  readonly files: FaultyFileSystem;
  readonly site: DisposalSite;
}

/** `files`: contents by path below the maildrop. */
export function asideWorld(
  t: TestContext,
  files: Readonly<Record<string, string>>,
  { io = "sync", interfere }: { readonly io?: "sync" | "async"; readonly interfere?: Interference } = {},
): AsideWorld {
  const maildir = MaildirBuilder.in(t);
  for (const folder of ["postigo.hold", ".Trash/cur", ".Trash/new", ".Trash/tmp"]) {
    fs.mkdirSync(join(maildir.root, folder), { recursive: true });
  }
  for (const [path, content] of Object.entries(files)) maildir.put(path, content);
  const faulty = new FaultyFileSystem(createFileSystem({ io }), interfere);
  const root = octetPath(maildir.root);
  return { maildir, files: faulty, site: { fs: faulty, root, home: root } };
}
