import assert from "node:assert/strict";
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { crc32 } from "node:zlib";
import { call, ended, makeMaildir, postigo, start, temporaryFolder } from "./support.js";

const FILES = {
  "cur/1700000002.M2P1.h:2,FS": "a\nb",
  "new/1700000001.M1P1.h": "Subject: x\r\n\r\n",
  "cur/1700000003.M3P1.h,S=1:2,": "x",
  ".ignored": "dots are no messages",
};

const EXPECTED = [
  { number: 1, octets: 14, uniqueId: "1700000001.M1P1.h", flags: "", file: "new/1700000001.M1P1.h" },
  { number: 2, octets: 6, uniqueId: "1700000002.M2P1.h", flags: "FS", file: "cur/1700000002.M2P1.h:2,FS" },
  { number: 3, octets: 3, uniqueId: "1700000003.M3P1.h", flags: "", file: "cur/1700000003.M3P1.h,S=1:2," },
];

test("a Maildir is shown as a session would number it, aligned in a pipe", async (t) => {
  const path = makeMaildir(join(temporaryFolder(t), "Maildir"), FILES);
  const { code, out, err } = await postigo(["inspect", path]);
  assert.equal(code, 0);
  assert.deepEqual(out.split("\n"), [
    "Number  Octets  Unique-id          Flags  File",
    "     1      14  1700000001.M1P1.h  -      new/1700000001.M1P1.h",
    "     2       6  1700000002.M2P1.h  FS     cur/1700000002.M2P1.h:2,FS",
    "     3       3  1700000003.M3P1.h  -      cur/1700000003.M3P1.h,S=1:2,",
    "",
  ]);
  assert.equal(err, `${path}: 3 messages, 23 octets\n`);
});

test("--json has the same facts", async (t) => {
  const path = makeMaildir(join(temporaryFolder(t), "Maildir"), FILES);
  const { out, err } = await call(["inspect", "--json", path]);
  assert.deepEqual(JSON.parse(out), { maildrop: path, octets: 23, messages: EXPECTED });
  assert.equal(err, "");
});

test("looking changes nothing, also where so much is learnt that a session would save it", async (t) => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, n) => [`new/17000${1000 + n}.M1P1.h`, "x\n"]));
  const path = makeMaildir(join(temporaryFolder(t), "Maildir"), many);
  const before = snapshot(path);
  const { code } = await postigo(["inspect", path]);
  assert.equal(code, 0);
  assert.deepEqual(snapshot(path), before);
});

const UIDS = [
  "postigo.uids 1 2 00000000",
  "1 UID1-77 1700000003.M3P1.h 00000000",
  "2 UID2-77 1700000002.M2P1.h 00000000",
];

/** With the header and entries of UIDS, checksums put right for all but `damaged`. */
const uidsFile = (damaged?: number): string =>
  UIDS.map((line, at) => {
    const text = line.slice(0, line.lastIndexOf(" "));
    return `${text} ${at === damaged ? "00000000" : crc32(text).toString(16).padStart(8, "0")}\n`;
  }).join("");

test("imported unique-ids and the order of the server before are shown", async (t) => {
  const path = makeMaildir(join(temporaryFolder(t), "Maildir"), FILES);
  writeFileSync(join(path, "postigo.uids"), uidsFile());
  const { code, out, err } = await call(["inspect", "--json", path]);
  assert.equal(code, 0);
  const { messages } = JSON.parse(out) as { messages: readonly { readonly uniqueId: string }[] };
  assert.deepEqual(
    messages.map(({ uniqueId }) => uniqueId),
    ["UID1-77", "UID2-77", "1700000001.M1P1.h"],
  );
  assert.equal(err, "");
});

test("a damaged line of imported unique-ids is told beside the table, by its number", async (t) => {
  const path = makeMaildir(join(temporaryFolder(t), "Maildir"), FILES);
  writeFileSync(join(path, "postigo.uids"), uidsFile(1));
  const { code, err } = await call(["inspect", path]);
  assert.equal(code, 0);
  assert.match(err, /postigo\.uids: line 2: damaged: the checksum is not that of the line\n/);
});

test("imported unique-ids that cannot be used end it with 74, the file, the reason and the remedy", async (t) => {
  const path = makeMaildir(join(temporaryFolder(t), "Maildir"), FILES);
  writeFileSync(join(path, "postigo.uids"), "");
  const { code, out, err } = await call(["inspect", path]);
  assert.deepEqual([code, out], [74, ""]);
  assert.match(err, /^postigo: .*\/postigo\.uids cannot be used: it is no list of unique-ids; import .* again\n$/);
});

test("a locked maildrop can be looked at", async (t) => {
  const path = makeMaildir(join(temporaryFolder(t), "Maildir"), FILES);
  mkdirSync(join(path, "postigo.lock"));
  assert.equal((await call(["inspect", path])).code, 0);
});

test("an empty Maildir has no messages", async (t) => {
  const path = makeMaildir(join(temporaryFolder(t), "Maildir"));
  const { code, out, err } = await call(["inspect", path]);
  assert.equal(code, 0);
  assert.equal(out, "Number  Octets  Unique-id  Flags  File\n");
  assert.equal(err, `${path}: 0 messages, 0 octets\n`);
});

const withConfig = (t: TestContext) => {
  const folder = temporaryFolder(t);
  makeMaildir(join(folder, "mail/ana"), FILES);
  makeMaildir(join(folder, "elsewhere"), { "cur/1.h:2,": "x" });
  writeFileSync(join(folder, "users"), `ana:{PLAIN}x\nbob:{PLAIN}x::::::maildir=${folder}/elsewhere\n`);
  const file = join(folder, "postigo.yaml");
  const listen = "listen: [{ address: 127.0.0.1, port: 0, tls: none }]";
  writeFileSync(file, `${listen}\nspool: { maildir: "mail/%u" }\naccounts: [{ type: users-file, path: users }]\n`);
  return { folder, file };
};

test("a user is found through the configuration: by the template, or by a maildir of his own", async (t) => {
  const { file } = withConfig(t);
  assert.match((await call(["inspect", "ana", "-c", file])).err, /mail\/ana: 3 messages/);
  assert.match((await call(["inspect", "bob", "-c", file])).err, /elsewhere: 1 message, 3 octets/);
});

test("a user whom nobody knows ends with 66", async (t) => {
  const { file } = withConfig(t);
  const { code, err } = await call(["inspect", "eve", "-c", file]);
  assert.equal(code, 66);
  assert.equal(err, 'postigo: no account is called "eve"; for a directory, write ./eve\n');
});

test("a word that is a Maildir here is that Maildir", async (t) => {
  const { folder } = withConfig(t);
  assert.match((await postigo(["inspect", "elsewhere"], { cwd: folder })).err, /elsewhere: 1 message/);
});

test("a file name can steer no terminal", async (t) => {
  const path = makeMaildir(join(temporaryFolder(t), "Maildir"), {
    "cur/1.\x1b[31m.\xff.h:2,": "x",
    "cur/2.\xc3\xa9.h:2,": "x",
  });
  const { out } = await call(["inspect", path]);
  assert.match(out, /cur\/1\.\\x1b\[31m\.\\xff\.h:2,/);
  assert.match(out, /cur\/2\.é\.h:2,/);
});

test("a reader that has seen enough ends it quietly", async (t) => {
  const many = Object.fromEntries(
    Array.from({ length: 3000 }, (_, n) => [`new/17000${10_000 + n}.M1P1.a-rather-long-name`, ""]),
  );
  const path = makeMaildir(join(temporaryFolder(t), "Maildir"), many);
  const child = start(["inspect", path]);
  child.stdout?.once("readable", () => child.stdout?.destroy());
  const { code, err } = await ended(child);
  assert.equal(code, 0);
  assert.doesNotMatch(err, /EPIPE|fault|at /);
});

test("a full disk is told and ends with 74", async (t) => {
  const path = makeMaildir(join(temporaryFolder(t), "Maildir"), FILES);
  const { code, err } = await shell(`"$0" "$1" inspect "$2" > /dev/full`, path);
  assert.match(err, /^postigo: the output cannot be written: .*ENOSPC/m);
  assert.equal(code, 74);
});

test("a Maildir that may not be read ends with 77", async (t) => {
  const folder = temporaryFolder(t);
  chmodSync(folder, 0o755);
  const path = makeMaildir(join(folder, "Maildir"), FILES);
  chmodSync(join(path, "cur"), 0);
  // The command is loaded once before: nobody need be able to read this checkout.
  await call(["inspect", path]);
  const { code, err } = await asNobody(() => call(["inspect", path]));
  chmodSync(join(path, "cur"), 0o700);
  assert.equal(code, 77);
  assert.match(err, /cannot be read \(EACCES\)/);
});

/** Root may read everything: its effective user is another one meanwhile. */
async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(65_534);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

const shell = async (script: string, path: string) => {
  const { spawn } = await import("node:child_process");
  const { fileURLToPath } = await import("node:url");
  const program = fileURLToPath(new URL("../../bin/postigo.js", import.meta.url));
  return ended(spawn("sh", ["-c", script, process.execPath, program, path]));
};

const snapshot = (path: string): unknown =>
  readdirSync(path, { recursive: true, encoding: "latin1" })
    .sort()
    .map((name) => {
      const status = statSync(join(path, name), { bigint: true });
      return [name, status.mtimeNs, status.ctimeNs, status.isFile() ? readFileSync(join(path, name), "latin1") : ""];
    });
