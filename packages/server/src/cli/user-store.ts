// The storage of a command that works on maildrops: as the server's, with the octets of messages counted by the same kernel.

import { createWireKernel } from "@postigo/protocol";
import {
  createMaildirStore,
  type DisposalSite,
  type DurableMaildirStore,
  type MaildirStore,
  type Maildrop,
  type OpenOptions,
  octetPath,
  type StorageRoots,
} from "@postigo/storage";
import { createOctetRule } from "../maildrop/octet-rule.js";
import { STAGE_MEMORY_OCTETS, Stage } from "../net/stage.js";
import { CommandError, exitCodeOfFile } from "./exit-code.js";
import type { UserMaildrop, UserMaildrops } from "./user-maildrops.js";

export const createUserStore = (
  { roots }: { readonly roots: StorageRoots },
  onTrouble: (trouble: { readonly code: string; readonly path: string; readonly cause?: unknown }) => void,
): DurableMaildirStore => {
  const { kernel, window } = new Stage(createWireKernel(STAGE_MEMORY_OCTETS));
  return createMaildirStore({ roots, rule: createOctetRule(kernel, window), onTrouble });
};

export const siteOf = async ({ roots }: UserMaildrops, { path, folderOf }: UserMaildrop): Promise<DisposalSite> => {
  const root = octetPath(path);
  return { fs: await roots.of(root), root, home: folderOf === undefined ? root : octetPath(folderOf) };
};

/** How such a maildrop is opened by who holds its lock. */
export const openOptionsOf = (
  { config }: Pick<UserMaildrops, "config">,
  { path, folderOf }: UserMaildrop,
  mayGoOn: () => boolean,
): OpenOptions => {
  const { deleted, trashCounts } = config.maildrop;
  const where = folderOf === undefined ? { anchor: path } : { folderOf };
  return { ...where, recover: true, deleted: deleted.type, trashCounts, mayGoOn };
};

/** Finishes an update that a crash has cut off: else it would take away again what is brought back now. The caller holds the lock. */
export const finishCutOffUpdate = async (store: MaildirStore, path: string, options: OpenOptions): Promise<void> => {
  const maildrop = await openMaildrop(store, path, options);
  await maildrop.close();
};

/** Throws CommandError if it cannot be opened. */
export const openMaildrop = async (store: MaildirStore, path: string, options: OpenOptions): Promise<Maildrop> => {
  const outcome = await store.open(path, options);
  if (outcome.type === "opened") return outcome.maildrop;
  const { code, cause } = outcome.error;
  throw new CommandError(exitCodeOfFile(cause), `${path} cannot be opened (${code})`);
};
