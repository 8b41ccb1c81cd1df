// What the rest of Postigo may know of storage.

export type { Eventually } from "./eventually.js";
export type { MaildirStore, OpenOptions, OpenOutcome } from "./maildir-store.js";
export type {
  Maildrop,
  MessageTable,
  MessageTrouble,
  OpenMessage,
  RemovalReport,
  RemovedMessage,
} from "./maildrop.js";
export type { OctetRule } from "./octet-rule.js";
export { StorageError, type StorageErrorCode } from "./storage-error.js";
