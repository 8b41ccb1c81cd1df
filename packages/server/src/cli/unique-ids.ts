// The unique-ids of messages, those of deleted ones too, as clients know them.

import { loadImportedIds, type MaildirSite, uniqueIdOf } from "@postigo/storage";

/** The unique-id that clients know a message by. */
export type UniqueIds = (uniqueName: string) => string;

/** Rejects with what the file system threw, or if imported ids cannot be read. */
export const uniqueIdsOf = async ({ fs, root }: MaildirSite): Promise<UniqueIds> => {
  const imported = await loadImportedIds(fs, root);
  const byName = new Map(imported?.entries.map(({ uniqueName, uniqueId }) => [uniqueName, uniqueId]));
  return (uniqueName) => byName.get(uniqueName) ?? uniqueIdOf(uniqueName);
};
