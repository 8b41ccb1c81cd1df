// A store over real Maildirs, opened and looked at the way the server does.

import assert from "node:assert/strict";
import { createMaildirStore, type MaildirStoreDeps } from "#storage/create-maildir-store";
import type { OpenOptions } from "#storage/maildir-store";
import type { Maildrop } from "#storage/maildrop";
import type { FileSystem } from "#storage/ports/file-system";
import { createFileSystem } from "#storage/ports/node-file-system";
import { singleRoot } from "#storage/ports/storage-roots";
import { plainRule } from "./plain-rule.js";

export const disk = createFileSystem({ io: "sync" });

/** A store that knows nothing yet, like one of a new process. */
export function freshStore({ fs = disk, ...deps }: Partial<MaildirStoreDeps> & { readonly fs?: FileSystem } = {}) {
  return createMaildirStore({ roots: singleRoot(fs), rule: plainRule(), ...deps });
}

export type Store = ReturnType<typeof freshStore>;

export async function openMaildrop(store: Store, root: string, options?: OpenOptions): Promise<Maildrop> {
  const outcome = await store.open(root, options);
  assert.equal(outcome.type, "opened", outcome.type === "unavailable" ? String(outcome.error) : "");
  return (outcome as Extract<typeof outcome, { type: "opened" }>).maildrop;
}

/** The code of the error with which opening fails. */
export async function openingTrouble(store: Store, root: string, options?: OpenOptions): Promise<string> {
  const outcome = await store.open(root, options);
  return outcome.type === "unavailable" ? outcome.error.code : outcome.type;
}

export interface Row {
  readonly path: string;
  readonly uniqueId: string;
  readonly octets: number;
}

export function rowsOf({ messages }: Maildrop): Row[] {
  return Array.from({ length: messages.count }, (_, position) => ({
    path: messages.pathAt(position),
    uniqueId: messages.uniqueIdAt(position),
    octets: messages.octetsAt(position),
  }));
}

/** Opens with `store`, closes, and tells what was seen. */
export async function visit(store: Store, root: string): Promise<Row[]> {
  const maildrop = await openMaildrop(store, root);
  const rows = rowsOf(maildrop);
  await maildrop.close();
  return rows;
}
