import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { dropPrivileges, PrivilegeError, type PrivilegeSystem } from "#server/lifecycle/privileges";

/** A system with the user mail (8, group 12, also in 100) and the groups mail (12) and spool (34); it writes down what it is asked. */
class FakeSystem implements PrivilegeSystem {
  readonly calls: string[] = [];
  uid: number;
  gid = 0;
  groups = [0];
  /** A system that forgets nothing. */
  keepsRoot = false;
  refused: string | undefined;

  constructor(uid = 0) {
    this.uid = uid;
  }

  geteuid = (): number => this.uid;
  getegid = (): number => this.gid;
  getgroups = (): number[] => this.groups;

  initgroups(user: string | number, group: number): void {
    this.#ask("initgroups", user, group);
    this.groups = [group, 100];
  }

  setgroups(groups: number[]): void {
    this.#ask("setgroups", ...groups);
    this.groups = groups;
  }

  setgid(group: string | number): void {
    this.#ask("setgid", group);
    const gid = typeof group === "number" ? group : { mail: 12, spool: 34, root: 0 }[group];
    if (gid === undefined) throw new Error("no such group");
    this.gid = gid;
  }

  setuid(user: string | number): void {
    this.#ask("setuid", user);
    if (this.uid !== 0 && !this.keepsRoot) throw new Error("EPERM");
    this.uid = Number(user);
  }

  lookUpUser(user: string): { uid: number; gid: number } | undefined {
    return { mail: { uid: 8, gid: 12 }, "8": { uid: 8, gid: 12 }, root: { uid: 0, gid: 0 } }[user];
  }

  #ask(...words: (string | number)[]): void {
    this.calls.push(words.join(" "));
    if (words[0] === this.refused) throw new Error("EPERM");
  }
}

const DROPS: { user: string; group?: string; calls: string[]; gid: number }[] = [
  { user: "mail", calls: ["setgid 12", "initgroups mail 12", "setuid 8", "setuid 0"], gid: 12 },
  { user: "mail", group: "spool", calls: ["setgid spool", "initgroups mail 34", "setuid 8", "setuid 0"], gid: 34 },
  { user: "mail", group: "34", calls: ["setgid 34", "initgroups mail 34", "setuid 8", "setuid 0"], gid: 34 },
  { user: "8", calls: ["setgid 12", "initgroups 8 12", "setuid 8", "setuid 0"], gid: 12 },
  { user: "5000", group: "5001", calls: ["setgid 5001", "setgroups 5001", "setuid 5000", "setuid 0"], gid: 5001 },
];

for (const { user, group, calls, gid } of DROPS) {
  test(`root becomes user ${user}, group ${group ?? "of the user"}: groups first, then the user, then the proof`, () => {
    const system = new FakeSystem();
    const outcome = dropPrivileges({ user, group }, system);
    assert.deepEqual(system.calls, calls);
    assert.deepEqual(outcome, { type: "dropped", uid: system.uid, gid });
    assert.ok(!system.groups.includes(0));
  });
}

const UNCHANGED: { name: string; uid: number; user?: string; outcome: string }[] = [
  { name: "root without user: stays, and is told", uid: 0, outcome: "still-root" },
  { name: "root with user root: as if there were none", uid: 0, user: "root", outcome: "still-root" },
  { name: "another user without user: stays", uid: 8, outcome: "unchanged" },
  { name: "the user himself: stays", uid: 8, user: "mail", outcome: "unchanged" },
];

for (const { name, uid, user, outcome } of UNCHANGED) {
  test(name, () => {
    const system = new FakeSystem(uid);
    assert.equal(dropPrivileges({ user, group: undefined }, system).type, outcome);
    assert.deepEqual(system.calls, []);
  });
}

const REFUSED: {
  name: string;
  uid?: number;
  user?: string;
  group?: string;
  spoil?: Partial<FakeSystem>;
  message: RegExp;
}[] = [
  { name: "an unknown user", user: "nobody-knows", message: /^user: there is no user "nobody-knows"; / },
  {
    name: "an unknown group",
    user: "mail",
    group: "nobody-knows",
    message: /^group: cannot change to "nobody-knows"; /,
  },
  { name: "a number without entry and without group", user: "5000", message: /^group: user 5000 has no entry/ },
  { name: "a group without user", group: "spool", message: /^group: set without user; / },
  {
    name: "another user who is not root",
    uid: 33,
    user: "mail",
    message: /^user: cannot become "mail" without being root; start as root/,
  },
  {
    name: "a kernel that forbids setgid",
    user: "mail",
    spoil: { refused: "setgid" },
    message: /^group: cannot change to "mail"/,
  },
  {
    name: "a kernel that forbids initgroups",
    user: "mail",
    spoil: { refused: "initgroups" },
    message: /^user: cannot change to "mail"/,
  },
  {
    name: "a system where root comes back",
    user: "mail",
    spoil: { keepsRoot: true },
    message: /^user: root could be regained/,
  },
  {
    name: "a user in the group of root",
    user: "mail",
    group: "root",
    message: /^group: "mail" is still a member of group 0/,
  },
];

for (const { name, uid, user, group, spoil, message } of REFUSED) {
  test(`${name} is an error that names the key and the remedy, with exit code 77`, () => {
    const system = Object.assign(new FakeSystem(uid), spoil);
    assert.throws(
      () => dropPrivileges({ user, group }, system),
      (error) => {
        assert.ok(error instanceof PrivilegeError);
        assert.match(error.message, message);
        assert.ok(error.message.includes(error.remedy));
        assert.equal(error.exitCode, 77);
        return true;
      },
    );
  });
}

const isRoot = process.geteuid?.() === 0;

test("on a real system root is gone for good, and so are its files", { skip: isRoot ? false : "needs root" }, () => {
  const script = `
    import { dropPrivileges } from "#server/lifecycle/privileges";
    import { readFileSync } from "node:fs";
    const outcome = dropPrivileges({ user: "nobody", group: undefined });
    const tries = [() => process.setuid(0), () => process.setgid(0), () => readFileSync("/etc/shadow")];
    const failed = tries.map((attempt) => { try { attempt(); return "done"; } catch (error) { return error.code; } });
    console.log(JSON.stringify({ outcome, failed, ids: [process.getuid(), process.geteuid(), process.getgroups().includes(0)] }));`;
  const run = execFileSync(process.execPath, ["--input-type=module", "-e", script], {
    cwd: import.meta.dirname,
    encoding: "utf8",
  });
  const [uid, gid] = ["-u", "-g"].map((option) => Number(execFileSync("id", [option, "nobody"], { encoding: "utf8" })));
  assert.deepEqual(JSON.parse(run), {
    outcome: { type: "dropped", uid, gid },
    failed: ["EPERM", "EPERM", "EACCES"],
    ids: [uid, uid, false],
  });
});
