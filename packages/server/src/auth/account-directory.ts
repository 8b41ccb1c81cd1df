// Who a claimed name is. A name that is nobody's gets a stand-in: the secret of some account, always the same one for the
// same name. From here on a stranger runs through the very same work as an account does, and is refused at the end whatever
// comes out of it: neither text nor time tells which names exist, in a file of mixed schemes too.

import { createHmac } from "node:crypto";
import { Secret } from "@postigo/protocol";
import type { Eventually } from "@postigo/storage";
import { nameTrouble } from "./account-name.js";
import type { AccountSource, StoredAccount } from "./account-source.js";
import type { AuthenticationStep, RejectionReason } from "./authenticator.js";
import { andThen } from "./eventually.js";
import type { StoredSecret } from "./stored-secret.js";

/** Someone who claims a name. */
export interface Claimant {
  readonly user: string;
  /** What the proof is checked against: the account's secret, or that of a stand-in. */
  readonly secret: StoredSecret;
  /** undefined: nobody's name. */
  readonly account: StoredAccount | undefined;
  /** The reason if the claim fails. */
  readonly otherwise: RejectionReason;
}

export interface AccountDirectory {
  /** Throws or rejects what a broken source does. */
  claim(user: string): Eventually<Claimant>;
  /** The secrets of all accounts. */
  secrets(): readonly StoredSecret[];
}

/** `strangerKey`: what decides whose secret stands in for a stranger's. */
export function createAccountDirectory(sources: readonly AccountSource[], strangerKey: Uint8Array): AccountDirectory {
  const secrets = sources.flatMap((source) => source.secrets());
  const standIn = createStandIns(secrets, strangerKey);
  return {
    secrets: () => secrets,
    claim(user) {
      if (nameTrouble(user) !== undefined) return stranger(user, standIn(user), "forbidden-name");
      return andThen(findIn(sources, 0, user), (account) =>
        account === undefined ? stranger(user, standIn(user), "unknown-user") : known(user, account),
      );
    },
  };
}

/** How a claim ends once its proof has been looked at. */
export function conclude(claimant: Claimant, proven: boolean): AuthenticationStep {
  const { account, user, otherwise } = claimant;
  if (!proven || account === undefined) return { type: "rejected", user, why: otherwise };
  return { type: "accepted", account: { name: account.name, maildir: account.maildir } };
}

/** How it ends when too many hashes wait to look at the proof: a fault that passes, for which nobody's password is to blame. */
export function busy(user: string): AuthenticationStep {
  return { type: "unavailable", user, cause: new Error("too many password hashes are waiting") };
}

function known(user: string, account: StoredAccount): Claimant {
  // A source that folds case or follows aliases may answer with another name; that one names the maildrop.
  if (nameTrouble(account.name) !== undefined) return stranger(user, account.secret, "forbidden-name");
  return { user, secret: account.secret, account, otherwise: "wrong-credentials" };
}

function stranger(user: string, secret: StoredSecret, otherwise: RejectionReason): Claimant {
  return { user, secret, account: undefined, otherwise };
}

function findIn(sources: readonly AccountSource[], first: number, user: string): Eventually<StoredAccount | undefined> {
  const source = sources[first];
  if (source === undefined) return undefined;
  return andThen(source.find(user), (account) => account ?? findIn(sources, first + 1, user));
}

/** Picks by a keyed hash: nobody outside can tell whose secret a name will get, and all of a file's schemes are drawn as often as they stand in it. */
function createStandIns(secrets: readonly StoredSecret[], key: Uint8Array): (user: string) => StoredSecret {
  return (user) => {
    const draw = createHmac("sha256", key).update(user).digest().readUIntBE(0, 6);
    return secrets[draw % secrets.length] ?? NOBODY;
  };
}

/** Without any account there is nothing to hide. */
const NOBODY: StoredSecret = {
  scheme: "PLAIN",
  cost: "light",
  verify: () => false,
  stored: new Secret(new Uint8Array()),
};
