// What a login does to its maildrop before the session sees it, on real Maildirs: an update that was cut off, the retention, the end
// of held mail.

import assert from "node:assert/strict";
import * as fs from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { crc32 } from "node:zlib";
import { createWireKernel } from "@postigo/protocol";
import { createFileSystem, createMaildirStore, encodeImportedIds, type FileSystem, singleRoot } from "@postigo/storage";
import type { MaildropConfig } from "#server/config/config";
import { HeldPurge } from "#server/maildrop/held-purge";
import { parseMaildirTemplate } from "#server/maildrop/maildir-path";
import type { SourceOutcome } from "#server/maildrop/maildrop-opener";
import { createMaildirSource, type MaildropGuard } from "#server/maildrop/maildrop-sources";
import { createOctetRule } from "#server/maildrop/octet-rule";
import { STAGE_MEMORY_OCTETS, Stage } from "#server/net/stage";
import { makeMaildir, temporaryFolder } from "../cli/support.js";
import { FakeClock } from "../support/fake-clock.js";
import { RecordingLog } from "../support/recording-log.js";

const DAY = 86_400_000;
const NOW = 1_800_000_000_000;
const seconds = (ageMs: number): number => (NOW - ageMs) / 1000;
const OLD = `cur/${seconds(31 * DAY)}.M1.host:2,S`;
const YOUNG = `new/${seconds(29 * DAY)}.M2.host`;
const KEEP: MaildropConfig = {
  ...{
    retrieved: "mark-seen",
    deleted: { type: "unlink" },
    trashCounts: false,
    expireMs: undefined,
    recentMs: undefined,
  },
};
const JOURNAL_OF_OLD = "postigo-journal 1 unlink -\n";

test("without a retention nothing leaves, however old", async (t) => {
  const { login, files } = sourceOf(t, KEEP);
  const outcome = await login();
  assert.deepEqual([outcome.maildrop.messages.count, outcome.expired], [2, undefined]);
  assert.deepEqual(files(), [OLD, YOUNG].sort());
});

test("what has outlived the retention goes before the session sees the maildrop, and is told", async (t) => {
  const { login, files } = sourceOf(t, { ...KEEP, expireMs: 30 * DAY });
  const { maildrop, expired } = await login();
  assert.equal(maildrop.messages.count, 1);
  assert.deepEqual(
    expired?.report.removed.map(({ path, how }) => ({ path, how })),
    [{ path: OLD, how: "unlinked" }],
  );
  assert.deepEqual(files(), [YOUNG]);
  assert.equal((await login()).expired, undefined);
});

test("a message is old by its delivery, whatever its place in the order of another server", async (t) => {
  const { login, files, root } = sourceOf(t, { ...KEEP, expireMs: 30 * DAY });
  const ids = [{ uniqueName: `${seconds(29 * DAY)}.M2.host`, uniqueId: "first", order: 1 }];
  fs.writeFileSync(join(root, "postigo.uids"), encodeImportedIds(ids));
  const { maildrop } = await login();
  assert.deepEqual([maildrop.messages.count, maildrop.messages.uniqueIdAt(0), files()], [1, "first", [YOUNG]]);
});

for (const name of ["12345.eml", "1.msg", "007.bond", "20240101.eml", "1000000000.M1P1.host:2,S"]) {
  test(`what has just come never expires, whatever it is called: ${name}`, async (t) => {
    const { login, files, root } = sourceOf(t, { ...KEEP, expireMs: 30 * DAY });
    fs.writeFileSync(join(root, "cur", name), "just come\n");
    age(join(root, "cur", name), NOW / 1000 - 60);
    assert.equal((await login()).maildrop.messages.count, 2);
    assert.equal((await login()).expired, undefined);
    assert.deepEqual(files().sort(), [`cur/${name}`, YOUNG].sort());
  });
}

test("a login looks at no file for the retention unless one is called old, and at none twice", async (t) => {
  const { login, root, looks } = sourceOf(t, { ...KEEP, expireMs: 30 * DAY });
  age(join(root, OLD), NOW / 1000 - 60);
  await login();
  assert.deepEqual(looks(), [OLD]);
  await login();
  assert.deepEqual(looks(), []);
});

test("the retention puts mail where deleted mail goes", async (t) => {
  const { login, root } = sourceOf(t, { ...KEEP, deleted: { type: "hold", ms: DAY }, expireMs: 30 * DAY });
  await login();
  assert.deepEqual(fs.readdirSync(join(root, "postigo.hold")), [`${NOW / 1000}.${OLD.slice(4)}`]);
});

test("without the lock the retention removes nothing", async (t) => {
  const { login, files } = sourceOf(t, { ...KEEP, expireMs: 30 * DAY });
  assert.equal((await login(() => false)).expired, undefined);
  assert.equal(files().length, 2);
});

test("held mail goes when its time is over, looked for once a day, with a line each", async (t) => {
  const { login, root, log, clock, held } = sourceOf(t, { ...KEEP, deleted: { type: "hold", ms: 2 * DAY } });
  held(3 * DAY, "1.M1.host");
  held(1.5 * DAY, "2.M2.host:2,S");
  await login();
  assert.deepEqual(fs.readdirSync(join(root, "postigo.hold")), [`${seconds(1.5 * DAY)}.2.M2.host:2,S`]);
  assert.deepEqual(log.of("held-message-purged"), [
    { user: "ana", file: `postigo.hold/${seconds(3 * DAY)}.1.M1.host`, octets: 4 },
  ]);
  held(3 * DAY, "4.M4.host");
  await login();
  assert.equal(fs.readdirSync(join(root, "postigo.hold")).length, 2, "it was looked at today");
  clock.advance(DAY);
  await login();
  assert.deepEqual(fs.readdirSync(join(root, "postigo.hold")), []);
});

test("held mail stays without the lock, and when nothing is to be held any more", async (t) => {
  const holding = sourceOf(t, { ...KEEP, deleted: { type: "hold", ms: DAY } });
  holding.held(3 * DAY, "1.M1.host");
  await holding.login(() => false);
  const unlinking = sourceOf(t, KEEP);
  unlinking.held(3 * DAY, "1.M1.host");
  await unlinking.login();
  for (const { root } of [holding, unlinking]) assert.equal(fs.readdirSync(join(root, "postigo.hold")).length, 1);
});

test("a folder of held mail that cannot be read is told and keeps nobody from his mail", async (t) => {
  const { login, root, log } = sourceOf(t, { ...KEEP, deleted: { type: "hold", ms: DAY } }, { holdErrno: "EACCES" });
  fs.mkdirSync(join(root, "postigo.hold"));
  assert.equal((await login()).maildrop.messages.count, 2);
  assert.match(log.of("held-message-not-purged")[0]?.error ?? "", /EACCES/);
});

test("an update that was cut off is finished at the login, and told", async (t) => {
  const { login, files, journal } = sourceOf(t, KEEP);
  journal(OLD);
  const { finished } = await login();
  assert.deepEqual(
    finished?.report.removed.map(({ path }) => path),
    [OLD],
  );
  assert.deepEqual(files(), [YOUNG]);
});

test("whether it is the maildrop is judged before anything is removed there, and what expires is told to the judge", async (t) => {
  const told: unknown[] = [];
  const guard: MaildropGuard = {
    judge: ({ messages }, place) => void told.push(["judged", place.split("/").at(-1), messages.count]),
    removed: (_, place, { removed }) =>
      told.push(["removed", place.split("/").at(-1), removed.map(({ path }) => path)]),
  };
  await sourceOf(t, { ...KEEP, expireMs: 30 * DAY }, { guard }).login();
  assert.deepEqual(told, [
    ["judged", "ana", 2],
    ["removed", "ana", [OLD]],
    ["judged", "ana", 1],
  ]);
});

for (const torn of [false, true]) {
  test(`in what is not the maildrop nothing at all is changed: no retention, no end of held mail, no index, no ${torn ? "torn " : ""}update finished`, async (t) => {
    const guard: MaildropGuard = { judge: () => "another one", removed: () => undefined };
    const maildrop: MaildropConfig = { ...KEEP, deleted: { type: "hold", ms: DAY }, expireMs: 30 * DAY };
    const { source, root, held, journal } = sourceOf(t, maildrop, { guard });
    for (let n = 0; n < 300; n++) fs.writeFileSync(join(root, "cur", `${NOW / 1000}.M${n}P1.host:2,`), "x\n");
    held(3 * DAY, "1.M1.host");
    journal(OLD);
    if (torn) fs.truncateSync(join(root, "postigo.journal"), 40);
    const before = treeOf(root);
    const outcome = await source.open(root, { name: "ana", maildir: undefined }, () => true);
    assert.deepEqual(outcome, { type: "refused", why: "another one" });
    assert.deepEqual(treeOf(root), before);
  });
}

test("a maildrop that is not made because it should be there already is refused, and nothing is made", async (t) => {
  const judged: unknown[] = [];
  const guard: MaildropGuard = {
    judge: ({ messages, folders }) => {
      judged.push([messages.count, folders]);
      return "it has gone";
    },
    removed: () => undefined,
  };
  const { source, root } = sourceOf(t, KEEP, { guard, create: true });
  fs.rmSync(root, { recursive: true });
  const outcome = await source.open(root, { name: "ana", maildir: undefined }, () => true);
  assert.deepEqual([outcome, judged], [{ type: "refused", why: "it has gone" }, [[0, undefined]]]);
  assert.equal(fs.existsSync(root), false);
});

type Opened = Extract<SourceOutcome, { type: "opened" }>;

function sourceOf(
  t: TestContext,
  maildrop: MaildropConfig,
  over: { holdErrno?: string; guard?: MaildropGuard; create?: boolean } = {},
) {
  const { holdErrno, guard, create = false } = over;
  const spool = temporaryFolder(t);
  const root = makeMaildir(join(spool, "ana"), { [OLD]: "old\n", [YOUNG]: "young\n" });
  for (const path of [OLD, YOUNG]) age(join(root, path), Number(path.slice(4, 14)));
  const [clock, log] = [new FakeClock(NOW), new RecordingLog()];
  const disk = createFileSystem({ io: "sync" });
  const looked: string[] = [];
  const roots = singleRoot(observed(disk, { holdErrno, onLook: (path) => looked.push(path.slice(root.length + 1)) }));
  const { kernel, window } = new Stage(createWireKernel(STAGE_MEMORY_OCTETS));
  const store = createMaildirStore({ roots, rule: createOctetRule(kernel, window), now: () => clock.now() });
  const template = parseMaildirTemplate(`${spool}/%{user}`);
  assert.ok(template.type === "template");
  const { deleted } = maildrop;
  const heldPurge = deleted.type === "hold" ? new HeldPurge({ roots, clock, log, keptMs: deleted.ms }) : undefined;
  const spoolConfig = { maildir: "", create, folderSeparator: undefined, io: "sync" } as const;
  const source = createMaildirSource({ store, roots, template, spool: spoolConfig, maildrop, clock, heldPurge, guard });
  const login = async (mayGoOn = () => true): Promise<Opened> => {
    const outcome = await source.open(root, { name: "ana", maildir: undefined }, mayGoOn);
    assert.ok(outcome.type === "opened");
    await outcome.maildrop.close();
    return outcome;
  };
  const held = (ageMs: number, name: string): void => {
    fs.mkdirSync(join(root, "postigo.hold"), { recursive: true });
    fs.writeFileSync(join(root, "postigo.hold", `${seconds(ageMs)}.${name}`), "held");
  };
  const files = () =>
    ["cur", "new"].flatMap((folder) => fs.readdirSync(join(root, folder)).map((name) => `${folder}/${name}`));
  /** Files of messages whose status was asked for since the last call. */
  const looks = () => looked.splice(0).filter((path) => /^(new|cur)\//.test(path));
  return { login, source, root, clock, log, held, files, looks, journal: (path: string) => writeJournal(root, path) };
}

/** All that stands in a folder, with its octets. */
const treeOf = (root: string): readonly string[] =>
  fs
    .readdirSync(root, { recursive: true, withFileTypes: true, encoding: "utf8" })
    .map((entry) => join(entry.parentPath, entry.name))
    .map((path) => `${path} ${fs.statSync(path).isFile() ? fs.readFileSync(path, "latin1") : ""}`)
    .sort();

const age = (file: string, at: number): void => fs.utimesSync(file, at, at);

/** As a process leaves it that dies right after writing it. */
function writeJournal(root: string, path: string): void {
  const text = `${JOURNAL_OF_OLD}4 ${path.slice(4).replace(/:.*/, "")}\n`;
  const checksum = crc32(text).toString(16).padStart(8, "0");
  fs.writeFileSync(join(root, "postigo.journal"), `${text}end 1 ${checksum}\n`);
}

interface Observation {
  /** With which the folder of held mail cannot be listed. */
  readonly holdErrno: string | undefined;
  readonly onLook: (path: string) => void;
}

function observed(disk: FileSystem, { holdErrno: code, onLook }: Observation): FileSystem {
  const list: FileSystem["list"] = (path) => {
    if (code !== undefined && path.endsWith("postigo.hold")) throw Object.assign(new Error(`${code}: list`), { code });
    return disk.list(path);
  };
  const lstat: FileSystem["lstat"] = (path) => {
    onLook(path);
    return disk.lstat(path);
  };
  const others = { list, lstat };
  return new Proxy(disk, {
    get: (target, key) => {
      if (key === "list" || key === "lstat") return others[key];
      const value: unknown = Reflect.get(target, key, target);
      return typeof value === "function" ? value.bind(target) : value;
    },
  });
}
