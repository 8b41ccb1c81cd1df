// What a command line can say. Numbers are numbers here, keywords are gone, and what could not be understood says why.

import type { Secret } from "../secret.js";

export type Command =
  | { readonly verb: "USER"; readonly user: string | undefined }
  | { readonly verb: "PASS"; readonly password: Secret; readonly wellFormed: boolean }
  | { readonly verb: "APOP"; readonly user: string | undefined; readonly digest: string }
  | { readonly verb: "AUTH"; readonly mechanism: string | undefined; readonly initialResponse: Secret | undefined }
  | { readonly verb: "CAPA" }
  | { readonly verb: "STLS" }
  | { readonly verb: "UTF8" }
  | { readonly verb: "LANG"; readonly language: string | undefined }
  | { readonly verb: "STAT" }
  /** `message`: as the client wrote it; it may name no message of the maildrop. So with all that follow. */
  | { readonly verb: "LIST"; readonly message: number | undefined }
  | { readonly verb: "UIDL"; readonly message: number | undefined }
  | { readonly verb: "RETR"; readonly message: number }
  | { readonly verb: "TOP"; readonly message: number; readonly bodyLines: number }
  | { readonly verb: "DELE"; readonly message: number }
  | { readonly verb: "NOOP" }
  | { readonly verb: "RSET" }
  | { readonly verb: "QUIT" };

export type Verb = Command["verb"];

export type CommandOf<V extends Verb> = Extract<Command, { readonly verb: V }>;

/** A line that is no command of ours. */
export interface Malformed {
  readonly verb: "malformed";
  readonly fault: "unknown-command" | "bad-argument" | "control-octet";
}
