// What the rest of Postigo may know of storage.

export { type AsideMessage, type AsidePlace, listAside, listFoldersOfHeld } from "./aside/aside-mail.js";
export { type AgeSearch, mailBefore, oldMessages } from "./aside/old-mail.js";
export { heldBefore, type PurgeOptions, type PurgeReport, purgeHeld } from "./aside/purge-held.js";
export {
  type Restored,
  type RestoreOptions,
  type RestoreReport,
  restoreMail,
  type Unrestored,
} from "./aside/restore-mail.js";
export { createMaildirStore, type DurableMaildirStore, type MaildirStoreDeps } from "./create-maildir-store.js";
export { andThen, type Eventually } from "./eventually.js";
export { uniqueNameIn } from "./maildir/file-name.js";
export { maildirFolder } from "./maildir/folder-name.js";
export type { MaildirSite } from "./maildir/maildir-site.js";
export type { FolderIdentity, MaildirFolders } from "./maildir/stamps.js";
export type {
  FinishedUpdate,
  FoundMaildrop,
  MaildirStore,
  OpeningSource,
  OpenOptions,
  OpenOutcome,
} from "./maildir-store.js";
export type {
  Maildrop,
  MessageTable,
  MessageTrouble,
  OpenMessage,
  RemovalReport,
  RemovedMessage,
} from "./maildrop.js";
export type { DisposalName, DisposalSite } from "./message/disposal.js";
export type { OctetRule } from "./octet-rule.js";
export { listOwnFiles, type OwnFile, type OwnFileKind, removeOwnFile } from "./own-files.js";
export type { FileSystem, StorageRoot, StorageRoots } from "./ports/file-system.js";
export { createFileSystem, type FileSystemOptions } from "./ports/node-file-system.js";
export { octetPath } from "./ports/octet-path.js";
export { createStorageRoots, type StorageRootsOptions, singleRoot } from "./ports/storage-roots.js";
export { readCourierSizeList } from "./predecessor/courier-size-list.js";
export { ID_FORMATS, type IdFormat, parseIdFormat } from "./predecessor/dovecot-id-format.js";
export { readDovecotUidlist } from "./predecessor/dovecot-uidlist.js";
export type {
  FormerId,
  FormerIds,
  LineProblem,
  UnusableFile,
} from "./predecessor/former-ids.js";
export { type MessageName, messageNamesOf } from "./predecessor/message-names-of.js";
export { qmailIdsOf } from "./predecessor/qmail-names.js";
export { StorageError, type StorageErrorCode } from "./storage-error.js";
export { ChosenTable, positionsThat } from "./table/chosen-table.js";
export {
  encodeImportedIds,
  type IdProblem,
  type ImportedId,
  importedIdTrouble,
  type ParsedIds,
  parseImportedIds,
} from "./uid/imported-ids.js";
export { loadImportedIds, saveImportedIds } from "./uid/imported-ids-file.js";
export { uniqueIdOf } from "./uid/unique-id.js";
