// Who a claimed name is. A name that is nobody's gets a stand-in: the secret of some account, always the same one for the
// same name. From here on a stranger runs through the very same work as an account does, and is refused at the end whatever
// comes out of it: neither text nor time tells which names exist, in a file of mixed schemes too.

import { createHmac } from "node:crypto";
import { Secret } from "@postigo/protocol";
import { andThen, type Eventually } from "@postigo/storage";
import { nameTrouble } from "./account-name.js";
import type { AccountSource, StoredAccount } from "./account-source.js";
import type { Account, AuthenticationStep, RejectionReason } from "./authenticator.js";
import { ACCOUNTS_ONLY, type NameForms, type NameReading, plainNameOf, readingsOf } from "./name-reading.js";
import type { StoredSecret } from "./stored-secret.js";

/** Someone who claims a name. */
export interface Claimant {
  /** The name of the account, or of a stranger, without folder and view: what is counted, salted and remembered is under this name. */
  readonly user: string;
  /** The name as it was claimed. */
  readonly claimed: string;
  readonly folder: string | undefined;
  readonly isRecent: boolean;
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
export function createAccountDirectory(
  sources: readonly AccountSource[],
  strangerKey: Uint8Array,
  forms: NameForms = ACCOUNTS_ONLY,
): AccountDirectory {
  const secrets = sources.flatMap((source) => source.secrets());
  const standIn = createStandIns(secrets, strangerKey);
  const stranger = (claimed: string, otherwise: RejectionReason): Claimant => {
    const user = plainNameOf(claimed, forms);
    return { ...{ user, claimed, otherwise }, secret: standIn(user), account: undefined, ...NO_PART };
  };
  return {
    secrets: () => secrets,
    claim(claimed) {
      if (nameTrouble(claimed) !== undefined) return stranger(claimed, "forbidden-name");
      return andThen(findReading(sources, readingsOf(claimed, forms)), (found) =>
        found === undefined ? stranger(claimed, "unknown-user") : known(claimed, found),
      );
    },
  };
}

/** How a claim ends once its proof has been looked at. */
export function conclude(claimant: Claimant, proven: boolean): AuthenticationStep {
  const { account, user, claimed, otherwise } = claimant;
  if (proven && account !== undefined) return { type: "accepted", account: accountOf(account, claimant) };
  const rejected = { type: "rejected", user: claimed, why: otherwise } as const;
  return user === claimed ? rejected : { ...rejected, countedAs: user };
}

function accountOf({ name, maildir }: StoredAccount, { user, claimed, folder, isRecent }: Claimant): Account {
  if (user === claimed) return { name, maildir };
  return { name, maildir, claimed, isRecent, ...(folder === undefined ? {} : { folder }) };
}

/** How it ends when too many hashes wait to look at the proof: a fault that passes, for which nobody's password is to blame. */
export function busy(user: string): AuthenticationStep {
  return { type: "unavailable", user, cause: new Error("too many password hashes are waiting") };
}

interface Found {
  readonly reading: NameReading;
  readonly account: StoredAccount;
}

function known(claimed: string, { reading, account }: Found): Claimant {
  const { secret } = account;
  // A source that folds case or follows aliases may answer with another name; that one names the maildrop.
  if (nameTrouble(account.name) === undefined) {
    return { ...reading, claimed, secret, account, otherwise: "wrong-credentials" };
  }
  return { ...reading, claimed, secret, account: undefined, otherwise: "forbidden-name" };
}

/** The first reading that names an account. */
function findReading(
  sources: readonly AccountSource[],
  [reading, ...others]: readonly NameReading[],
): Eventually<Found | undefined> {
  if (reading === undefined) return undefined;
  if (nameTrouble(reading.user) !== undefined) return findReading(sources, others);
  return andThen(findIn(sources, 0, reading.user), (account) =>
    account === undefined ? findReading(sources, others) : { reading, account },
  );
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

const NO_PART = { folder: undefined, isRecent: false } as const;

/** Without any account there is nothing to hide. */
const NOBODY: StoredSecret = {
  scheme: "PLAIN",
  cost: "light",
  verify: () => false,
  stored: new Secret(new Uint8Array()),
};
