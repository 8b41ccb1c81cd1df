import assert from "node:assert/strict";
import { type ChildProcessByStdio, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import type { Readable } from "node:stream";
import { test } from "node:test";
import { setImmediate as turn } from "node:timers/promises";
import { type HostFacts, type ProcessState, processState, readHostFacts } from "#server/lock/host-facts";
import type { LockOwner } from "#server/lock/maildrop-lock";
import { proofOfDeath } from "#server/lock/proof-of-death";
import { deadPid, ownerWith } from "../support/lock-fixture.js";

const US: HostFacts = { host: "mail", machine: "m1", bootId: "b1", pidNamespace: "pid:[1]", pid: 10, pidStart: 100 };
const OWNER = ownerWith({ ...US, pid: 20, pidStart: 200 });
const ALIVE: ProcessState = { type: "alive", start: 200 };
const GONE: ProcessState = { type: "gone" };

const ROWS: {
  name: string;
  owner?: Partial<LockOwner>;
  us?: Partial<HostFacts>;
  state: ProcessState;
  proof?: string;
}[] = [
  { name: "a process that runs", state: ALIVE },
  { name: "a process that has gone", state: GONE, proof: "dead" },
  { name: "another process with its id", state: { type: "alive", start: 201 }, proof: "dead" },
  { name: "a process whose start is not told", state: { type: "alive", start: undefined } },
  { name: "an owner that did not know its own start", owner: { pidStart: 0 }, state: ALIVE },
  { name: "another host", owner: { host: "other" }, state: GONE },
  { name: "another machine of the same name", owner: { machine: "m2" }, state: GONE },
  { name: "another machine of the same name and another boot", owner: { machine: "m2", bootId: "b2" }, state: GONE },
  { name: "an earlier boot of this machine", owner: { bootId: "b0" }, state: ALIVE, proof: "rebooted" },
  {
    name: "another boot where no machine has an id",
    owner: { bootId: "b0", machine: "" },
    us: { machine: "" },
    state: GONE,
  },
  {
    name: "the same boot where no machine has an id",
    owner: { machine: "" },
    us: { machine: "" },
    state: GONE,
    proof: "dead",
  },
  { name: "a system that tells no boot", owner: { bootId: "" }, us: { bootId: "" }, state: GONE },
  { name: "an owner that knew no boot", owner: { bootId: "" }, state: GONE },
  { name: "another container on this machine", owner: { pidNamespace: "pid:[2]" }, state: GONE },
  { name: "a system that tells no namespace", owner: { pidNamespace: "" }, us: { pidNamespace: "" }, state: GONE },
];

for (const { name, owner, us, state, proof } of ROWS) {
  test(`${name}: ${proof ?? "nothing is proven"}`, () => {
    assert.equal(
      proofOfDeath({ ...OWNER, ...owner }, { ...US, ...us }, () => state),
      proof,
    );
  });
}

test("our own facts are those of the kernel", () => {
  const facts = readHostFacts();
  assert.equal(facts.pid, process.pid);
  assert.match(facts.bootId, /^[0-9a-f-]{36}$/);
  assert.match(facts.pidNamespace, /^pid:\[\d+\]$/);
  const stat = readFileSync("/proc/self/stat", "latin1");
  assert.equal(facts.pidStart, Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19]));
});

test("a running process is alive, with a start of its own", () => {
  assert.deepEqual(processState(process.pid), { type: "alive", start: readHostFacts().pidStart });
  assert.deepEqual(processState(deadPid()), { type: "gone" });
});

test("the process with the number 1, another user's, is alive: asking is answered by EPERM", () => {
  assert.equal(processState(1).type, "alive");
});

test("a command name with parentheses and spaces does not shift the fields", async (t) => {
  const child = start(t, "sh", ["-c", 'printf "a) Z 1 (b" > /proc/$$/comm; echo $$; read line']);
  const pid = Number(await firstLine(child));
  assert.equal(readFileSync(`/proc/${pid}/comm`, "utf8"), "a) Z 1 (b\n");
  const state = processState(pid);
  assert.ok(state.type === "alive" && state.start !== undefined && state.start >= readHostFacts().pidStart);
});

test("a zombie is gone: it holds nothing any more", async (t) => {
  // Its parent has become a program that never asks for it, before it ends.
  const parent = start(t, "sh", ["-c", "exec 3<&0; sh -c 'read line <&3' & echo $!; exec sleep 60"]);
  const pid = Number(await firstLine(parent));
  while (readFileSync(`/proc/${parent.pid}/comm`, "latin1") !== "sleep\n") await turn();
  parent.stdin.write("\n");
  while (!/\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"))) await turn();
  assert.deepEqual(processState(pid), { type: "gone" });
});

type Child = ChildProcessByStdio<import("node:stream").Writable, Readable, null>;

function start(t: { after(end: () => void): void }, command: string, args: string[]): Child {
  const child = spawn(command, args, { stdio: ["pipe", "pipe", "inherit"] });
  t.after(() => child.kill("SIGKILL"));
  return child;
}

async function firstLine(child: Child): Promise<string> {
  child.stdout.setEncoding("utf8");
  let text = "";
  for await (const chunk of child.stdout.iterator({ destroyOnReturn: false })) {
    text += String(chunk);
    if (text.includes("\n")) break;
  }
  return text.slice(0, text.indexOf("\n"));
}
