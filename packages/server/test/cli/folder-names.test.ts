// Commands on a maildrop take `USER+Folder` where folders are on, as a login does.

import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { createStorageRoots } from "@postigo/storage";
import { createCanaryFiles } from "#server/canary/canary-files";
import { EXIT } from "#server/cli/exit-code";
import { createUserStore, openMaildrop } from "#server/cli/user-store";
import { recordOf } from "../canary/support.js";
import { secondsAgo } from "./aside-spool.js";
import { call, type Ended, makeMaildir, temporaryFolder } from "./support.js";

const HOUR = 3_600_000;
const HELD = `postigo.hold/.Work/${secondsAgo(HOUR)}.1700000001.M1.h:2,F`;

test("inspect shows the folder, and the account whose own name has the separator in it", async (t) => {
  const { run, root } = household(t);
  const work = await run("inspect", "ana+Work", "--json");
  assert.equal(work.code, EXIT.ok, work.err);
  const shown = JSON.parse(work.out);
  assert.deepEqual([shown.maildrop, shown.messages.length], [join(root, ".Work"), 1]);
  assert.equal(JSON.parse((await run("inspect", "ana+INBOX", "--json")).out).maildrop, root);
  assert.equal(JSON.parse((await run("inspect", "ana+b", "--json")).out).messages[0].file, "new/9.M9.h");
});

test("a folder that is not there, a link, or what is no name of a folder is told; nothing is made", async (t) => {
  const { run, root } = household(t);
  fs.symlinkSync(join(root, "../ana+b"), join(root, ".Link"));
  for (const command of [["inspect"], ["forget"], ["undelete", "--since", "1d"]]) {
    const [word = "", ...options] = command;
    for (const folder of ["Absent", "Link"]) {
      const { code, err } = await run(word, `ana+${folder}`, ...options);
      assert.deepEqual(
        [code, err.includes(`.${folder} is no folder: it does not exist, or is a link`)],
        [66, true],
        err,
      );
    }
    const { code, err } = await run(word, "ana+..", ...options);
    assert.deepEqual([code, /no folder can be called "\.\."/.test(err)], [EXIT.usage, true], err);
    assert.equal((await run(word, "eve+Work", ...options)).code, EXIT.missingInput);
  }
  assert.deepEqual(fs.readdirSync(join(root, "../ana+b")).sort(), ["cur", "new", "tmp"]);
  assert.ok(!fs.existsSync(join(root, ".Absent")));
});

test("where folders are off the name is that of an account, and nothing else", async (t) => {
  const { run } = household(t, "");
  for (const words of [["inspect"], ["forget"], ["accept-change"], ["undelete", "--dry-run"]]) {
    const [word = "", ...options] = words;
    assert.equal((await run(word, "ana+Work", ...options)).code, EXIT.missingInput, word);
  }
});

test("forget takes out of the folder what Postigo keeps there, and leaves the Maildir around it alone", async (t) => {
  const { run, root } = household(t);
  for (const folder of [root, join(root, ".Work")]) fs.writeFileSync(join(folder, "postigo.index"), "1234");
  const { code, out } = await run("forget", "ana+Work");
  assert.equal(code, EXIT.ok);
  assert.match(out, /ana\+Work +postigo\.index +4 +removed/);
  assert.deepEqual(
    [fs.existsSync(join(root, "postigo.index")), fs.existsSync(join(root, ".Work/postigo.index"))],
    [true, false],
  );
});

test("accept-change forgets what the folder held, and nothing of the Maildir or another folder", async (t) => {
  const { run, root, folder } = household(t);
  const files = createCanaryFiles(join(folder, "state"));
  for (const place of ["", "/.Work", "/.Other"]) await files.save(root + place, recordOf());
  const { code, err } = await run("accept-change", "ana+Work");
  assert.equal(code, EXIT.ok);
  assert.match(err, /^ana\+Work: the next login is let pass \(1 record forgotten\)$/m);
  const left = await Promise.all(["", "/.Work", "/.Other"].map((place) => files.load(root + place)));
  assert.deepEqual(
    left.map((record) => record !== undefined),
    [true, false, true],
  );
});

test("undelete brings held mail of a folder back to that folder, and tells the quota of the Maildir", async (t) => {
  const { run, root } = household(t, SEPARATOR, { [HELD]: "12345", maildirsize: "100S\n1 1\n" });
  const { code, out, err } = await run("undelete", "ana+Work", "--since", "1d");
  assert.equal(code, EXIT.ok, err);
  assert.match(out, /1700000001\.M1\.h +hold +\S+ +5 +restored/);
  assert.equal(fs.readFileSync(join(root, ".Work/cur/1700000001.M1.h:2,F"), "latin1"), "12345");
  assert.equal(fs.readFileSync(join(root, "maildirsize"), "latin1"), "100S\n1 1\n5 1\n");
});

test("undelete of the user leaves mail of his folders held, and says under which name it is found", async (t) => {
  const { run, root } = household(t, SEPARATOR, { [HELD]: "12345" });
  const { code, out, err } = await run("undelete", "ana", "--dry-run");
  assert.deepEqual([code, out], [EXIT.ok, ""]);
  assert.match(err, /^ana\+Work: 1 message is held as well$/m);
  assert.ok(fs.existsSync(join(root, HELD)));
});

test("the trash does not say where mail came from: into a folder goes what is named, and no more", async (t) => {
  const trashed = { ".Trash/cur/1700000001.M1.h:2,": "a", ".Trash/cur/1700000002.M2.h:2,": "b" };
  const { run, root } = household(t, SEPARATOR, trashed);
  assert.equal((await run("undelete", "ana+Work", "--since", "1d")).out, "");
  assert.equal((await run("undelete", "ana+Work", "--message", "1700000002.M2.h")).code, EXIT.ok);
  assert.ok(fs.existsSync(join(root, ".Work/cur/1700000002.M2.h:2,")));
  assert.deepEqual(fs.readdirSync(join(root, ".Trash/cur")), ["1700000001.M1.h:2,"]);
});

test("commands that work on whole maildrops say so of a folder", async (t) => {
  const { run } = household(t, SEPARATOR);
  for (const words of [
    ["expire", "ana+Work"],
    ["uids", "import", "ana+Work", "--from", "qmail"],
  ]) {
    const { code, err } = await run(...words);
    assert.deepEqual([code, /"ana\+Work" is a folder/.test(err)], [EXIT.usage, true], err);
  }
});

test("an update that was cut off is finished as it was begun: a quota that counts the trash hears nothing of it", async (t) => {
  const { run, root } = household(
    t,
    SEPARATOR,
    { maildirsize: "100S\n1 1\n" },
    "{ deleted: trash, trash_counts: true }",
  );
  await cutOff(join(root, ".Work"), root);
  assert.ok(fs.existsSync(join(root, ".Work/postigo.journal")));
  const { code, err } = await run("forget", "ana+Work");
  assert.equal(code, EXIT.ok, err);
  assert.deepEqual(fs.readdirSync(join(root, ".Trash/cur")), ["2.M2.h:2,"]);
  assert.equal(fs.readFileSync(join(root, "maildirsize"), "latin1"), "100S\n1 1\n");
});

const SEPARATOR = 'folder_separator: "+", ';

interface Household {
  readonly folder: string;
  /** Ana's Maildir. */
  readonly root: string;
  run(...words: readonly string[]): Promise<Ended>;
}

function household(
  t: TestContext,
  separator = SEPARATOR,
  files: Readonly<Record<string, string>> = {},
  maildrop = "{ deleted: hold 30d, expire: 365d }",
): Household {
  const folder = temporaryFolder(t);
  const root = makeMaildir(join(folder, "spool/ana"));
  makeMaildir(join(root, ".Work"), { "new/2.M2.h": "two" });
  makeMaildir(join(folder, "spool/ana+b"), { "new/9.M9.h": "nine" });
  for (const path of ["postigo.hold/.Work", ".Trash/cur", ".Trash/new"])
    fs.mkdirSync(join(root, path), { recursive: true });
  for (const [path, content] of Object.entries(files)) fs.writeFileSync(join(root, path), content);
  fs.writeFileSync(join(folder, "users"), "ana:{PLAIN}x\nana+b:{PLAIN}x\n", { mode: 0o600 });
  const config = join(folder, "postigo.yaml");
  fs.writeFileSync(
    config,
    `spool: { ${separator}maildir: "${folder}/spool/%{user}" }\naccounts: [{ type: users-file, path: users }]\n` +
      "auth: { plaintext: loopback }\nlisten: [{ address: 127.0.0.1, port: 0, tls: none }]\nlock: { wait: 0s }\n" +
      `canary: { directory: state }\nlog: { file: postigo.log }\nmaildrop: ${maildrop}\n`,
  );
  return { folder, root, run: (...words) => call([...words, "--config", config]) };
}

/** Begins to put everything into the trash, and loses its lock before the first message goes. */
async function cutOff(path: string, folderOf: string): Promise<void> {
  const roots = createStorageRoots({ io: "sync", monotonic: () => 0 });
  const store = createUserStore({ roots }, () => undefined);
  const maildrop = await openMaildrop(store, path, { folderOf, deleted: "trash", trashCounts: true });
  let asked = 0;
  await maildrop.remove([0], () => asked++ === 0);
}
