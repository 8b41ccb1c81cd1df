// What the rest of Postigo may know of storage.

export { createMaildirStore, type DurableMaildirStore, type MaildirStoreDeps } from "./create-maildir-store.js";
export type { Eventually } from "./eventually.js";
export type { MaildirStore, OpeningSource, OpenOptions, OpenOutcome } from "./maildir-store.js";
export type {
  Maildrop,
  MessageTable,
  MessageTrouble,
  OpenMessage,
  RemovalReport,
  RemovedMessage,
} from "./maildrop.js";
export type { OctetRule } from "./octet-rule.js";
export { listOwnFiles, type OwnFile, type OwnFileKind, removeOwnFile } from "./own-files.js";
export type { FileSystem, StorageRoot, StorageRoots } from "./ports/file-system.js";
export { createFileSystem, type FileSystemOptions } from "./ports/node-file-system.js";
export { octetPath } from "./ports/octet-path.js";
export { createStorageRoots, type StorageRootsOptions, singleRoot } from "./ports/storage-roots.js";
export { StorageError, type StorageErrorCode } from "./storage-error.js";
