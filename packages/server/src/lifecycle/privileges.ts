// From root to the user who owns the mail, once the low ports are bound, with no way back.

import { execFileSync } from "node:child_process";

export interface PrivilegeTarget {
  /** `user:` of the configuration, a name or a number; undefined: stay who we are. */
  readonly user: string | undefined;
  /** `group:` of the configuration; undefined: the primary group of the user. */
  readonly group: string | undefined;
}

export type PrivilegeOutcome =
  | { readonly type: "dropped"; readonly uid: number; readonly gid: number }
  /** Nothing was asked for, or we are that user already. */
  | { readonly type: "unchanged" }
  /** No `user:` is configured: everything runs as root, which deserves a warning. */
  | { readonly type: "still-root" };

/** Names the key that is wrong and what to do; the process should end with `exitCode`. */
export class PrivilegeError extends Error {
  /** EX_NOPERM of sysexits. */
  readonly exitCode = 77;
  readonly key: "user" | "group";
  readonly what: string;
  readonly remedy: string;

  constructor(key: "user" | "group", what: string, remedy: string, cause?: unknown) {
    super(`${key}: ${what}; ${remedy}`, { cause });
    this.name = "PrivilegeError";
    this.key = key;
    this.what = what;
    this.remedy = remedy;
  }
}

/** The calls this needs of the system; `process` has most of them. */
export interface PrivilegeSystem {
  geteuid(): number;
  getegid(): number;
  getgroups(): number[];
  initgroups(user: string | number, group: number): void;
  setgroups(groups: number[]): void;
  setgid(group: string | number): void;
  setuid(user: string | number): void;
  /** Numeric ids of a user and its primary group; undefined: there is none of that name or number. */
  lookUpUser(user: string): { readonly uid: number; readonly gid: number } | undefined;
}

/** Throws PrivilegeError; then nothing should be served. In a cluster each worker calls it for itself. */
export function dropPrivileges(target: PrivilegeTarget, system: PrivilegeSystem = nodeSystem): PrivilegeOutcome {
  const isRoot = system.geteuid() === 0;
  if (target.user === undefined) return withoutUser(target, isRoot);
  const { uid, gid, isKnown } = resolveUser(target.user, target.group, system);
  if (!isRoot) return confirmUser(target.user, uid, system);
  if (uid === 0) return { type: "still-root" };
  setGroups({ user: target.user, group: target.group, gid, isKnown }, system);
  change("user", target.user, () => system.setuid(uid));
  proveLoss(target.user, uid, system);
  return { type: "dropped", uid, gid: system.getegid() };
}

/** What `dropPrivileges` would throw, as far as that can be told without changing anything. */
export function privilegeProblem(
  target: PrivilegeTarget,
  system: PrivilegeSystem = nodeSystem,
): PrivilegeError | undefined {
  const isRoot = system.geteuid() === 0;
  try {
    if (target.user === undefined) withoutUser(target, isRoot);
    else {
      const { uid } = resolveUser(target.user, target.group, system);
      if (!isRoot) confirmUser(target.user, uid, system);
    }
    return undefined;
  } catch (error) {
    if (error instanceof PrivilegeError) return error;
    throw error;
  }
}

interface ResolvedUser {
  readonly uid: number;
  /** undefined: `group:` is a name, or a number that has no user. */
  readonly gid: number | undefined;
  /** In the user database, with groups of its own. */
  readonly isKnown: boolean;
}

function withoutUser(target: PrivilegeTarget, isRoot: boolean): PrivilegeOutcome {
  if (target.group !== undefined)
    throw new PrivilegeError("group", "set without user", "set user: too, or remove group:");
  return { type: isRoot ? "still-root" : "unchanged" };
}

function resolveUser(user: string, group: string | undefined, system: PrivilegeSystem): ResolvedUser {
  const found = system.lookUpUser(user);
  if (found !== undefined) return { ...found, isKnown: true };
  const uid = numericId(user);
  if (uid === undefined) throw new PrivilegeError("user", `there is no user "${user}"`, "create it, or name another");
  if (group === undefined) {
    throw new PrivilegeError(
      "group",
      `user ${uid} has no entry that tells its group`,
      "set group: to a name or number",
    );
  }
  return { uid, gid: undefined, isKnown: false };
}

function confirmUser(user: string, uid: number, system: PrivilegeSystem): PrivilegeOutcome {
  if (system.geteuid() === uid) return { type: "unchanged" };
  throw new PrivilegeError("user", `cannot become "${user}" without being root`, "start as root, or remove user:");
}

interface GroupChange extends PrivilegeTarget {
  readonly user: string;
  readonly gid: number | undefined;
  readonly isKnown: boolean;
}

/** Groups first: once the user is changed they cannot be. The group is set before its number is asked for, as it may be a name. */
function setGroups({ user, group, gid, isKnown }: GroupChange, system: PrivilegeSystem): void {
  change("group", group ?? user, () =>
    system.setgid(group === undefined ? (gid ?? user) : (numericId(group) ?? group)),
  );
  change("user", user, () =>
    isKnown ? system.initgroups(numericId(user) ?? user, system.getegid()) : system.setgroups([system.getegid()]),
  );
}

function change(key: "user" | "group", name: string, call: () => void): void {
  try {
    call();
  } catch (cause) {
    const remedy = "check that it exists and that the process may change to it (CAP_SETUID, CAP_SETGID)";
    throw new PrivilegeError(key, `cannot change to "${name}"`, remedy, cause);
  }
}

/** Trust nothing: try to come back, and look for what is left of root. */
function proveLoss(user: string, uid: number, system: PrivilegeSystem): void {
  let isBack = true;
  try {
    system.setuid(0);
  } catch {
    isBack = false; // as it must be
  }
  if (isBack || system.geteuid() !== uid) {
    throw new PrivilegeError(
      "user",
      `root could be regained after the change to "${user}"`,
      "do not run it on this system",
    );
  }
  if (system.getgroups().includes(0)) {
    throw new PrivilegeError(
      "group",
      `"${user}" is still a member of group 0`,
      "take it out of group 0, or name another user",
    );
  }
}

const numericId = (text: string): number | undefined => (/^\d{1,10}$/.test(text) ? Number(text) : undefined);

/** The type declarations of Node 20 have forgotten one call. */
const posixProcess: NodeJS.Process & { initgroups?(user: string | number, extraGroup: number): void } = process;

const nodeSystem: PrivilegeSystem = {
  geteuid: () => process.geteuid?.() ?? -1,
  getegid: () => process.getegid?.() ?? -1,
  getgroups: () => process.getgroups?.() ?? [],
  initgroups: (user, group) => posixProcess.initgroups?.(user, group),
  setgroups: (groups) => process.setgroups?.(groups),
  setgid: (group) => process.setgid?.(group),
  setuid: (user) => process.setuid?.(user),
  lookUpUser,
};

/** Node cannot ask the user database; id(1) can, wherever its entries come from (files, LDAP, systemd). */
export function lookUpUser(user: string): { uid: number; gid: number } | undefined {
  if (!/^[A-Za-z0-9_][A-Za-z0-9_.@-]*\$?$/.test(user)) return undefined;
  const ask = (option: string): number | undefined =>
    numericId(execFileSync("id", [option, user], { encoding: "latin1", stdio: ["ignore", "pipe", "ignore"] }).trim());
  try {
    const uid = ask("-u");
    const gid = ask("-g");
    return uid === undefined || gid === undefined ? undefined : { uid, gid };
  } catch {
    return undefined; // id ends with 1 for an unknown user
  }
}
