import type { FileSystem } from "../ports/file-system.js";

/** Where a Maildir stands, and by which door it is reached. */
export interface MaildirSite {
  readonly fs: FileSystem;
  /** The folder that holds new/ and cur/, as octets. */
  readonly root: string;
}
