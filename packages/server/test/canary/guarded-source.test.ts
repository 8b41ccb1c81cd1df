// What the way to a maildrop makes of the canary's judgement.

import assert from "node:assert/strict";
import { test } from "node:test";
import { type MaildirFolders, StorageError } from "@postigo/storage";
import { Canary } from "#server/canary/canary";
import { acceptCommand, canaryDirectory } from "#server/canary/create-canary";
import { createGuardedSource } from "#server/canary/guarded-source";
import type { MaildropSource, SourceOutcome } from "#server/maildrop/maildrop-opener";
import { recordedMaildrop } from "../support/memory-maildrops.js";
import { RecordingLog } from "../support/recording-log.js";
import { folders, ids } from "./support.js";

const ANA = { name: "ana", maildir: undefined };

function scene() {
  let now: { uniqueIds: readonly string[]; folders: MaildirFolders | undefined } = {
    uniqueIds: [],
    folders: undefined,
  };
  let closed = 0;
  const open = (): SourceOutcome => {
    const contents = now.uniqueIds.map((uniqueId) => ({ content: "", uniqueId }));
    const { maildrop } = recordedMaildrop(contents, { close: async () => void closed++ });
    return { type: "opened", maildrop, folders: now.folders };
  };
  const log = new RecordingLog();
  const guarded = (source: MaildropSource) =>
    createGuardedSource(source, {
      canary,
      log,
      thresholds: { least: 20, missing: 80 },
      remedy: (user) => `look after ${user}`,
    });
  const canary = new Canary({ keeper: undefined, bootId: "" });
  return {
    log,
    closed: () => closed,
    now: (uniqueIds: readonly string[], where?: MaildirFolders) => {
      now = { uniqueIds, folders: where };
    },
    login: async () => guarded({ locate: () => "/spool/ana", open }).open("/spool/ana", ANA, () => true),
    loginLater: async () =>
      guarded({ locate: () => "/spool/ana", open: async () => open() }).open("/spool/ana", ANA, () => true),
    failing: () =>
      guarded({
        locate: () => "/spool/ana",
        open: () => ({ type: "unavailable", error: new StorageError("SPOOL_MISSING", "/spool") }),
      }),
  };
}

for (const login of ["login", "loginLater"] as const) {
  test(`another maildrop is closed, refused and told with its remedy (${login})`, async () => {
    const made = scene();
    made.now(ids(100), folders(10));
    assert.equal((await made[login]()).type, "opened");
    made.now([], folders(20));
    assert.deepEqual(await made[login](), {
      type: "refused",
      why: "another directory stands in the place of the maildrop, without its messages",
    });
    assert.equal(made.closed(), 1);
    assert.deepEqual(made.log.of("maildrop-changed"), [
      { user: "ana", maildrop: "/spool/ana", known: 100, missing: "100%", remedy: "look after ana" },
    ]);
  });
}

test("what a session removes is not missed, and a copy that went along counts once", async () => {
  const made = scene();
  made.now(ids(100), folders(10));
  const outcome = await made.login();
  assert.ok(outcome.type === "opened");
  const removed = [...ids(100).keys(), 0, 1].map((position) => ({ position, path: "", how: "unlinked" as const }));
  outcome.onRemoved?.({ removed, failed: [] });
  made.now([], folders(20));
  assert.equal((await made.login()).type, "opened");
});

test("what storage refuses is passed on, and the place of a maildrop is the source's to name", async () => {
  const source = scene().failing();
  assert.equal(source.locate(ANA), "/spool/ana");
  assert.equal((await source.open("/spool/ana", ANA, () => true)).type, "unavailable");
});

const canary = (directory: string | undefined) => ({ canary: { enabled: true, directory, least: 20, missing: 80 } });

for (const [directory, env, expected] of [
  ["/state", {}, "/state"],
  ["/state", { STATE_DIRECTORY: "/var/lib/postigo" }, "/state"],
  [undefined, { STATE_DIRECTORY: "/var/lib/postigo" }, "/var/lib/postigo/canary"],
  [undefined, { STATE_DIRECTORY: "/var/lib/a:/var/lib/b" }, "/var/lib/a/canary"],
  [undefined, { STATE_DIRECTORY: "" }, undefined],
  [undefined, { STATE_DIRECTORY: "relative" }, undefined],
  [undefined, {}, undefined],
] as const) {
  test(`records stand in ${expected}, for ${directory} and ${JSON.stringify(env)}`, () => {
    assert.equal(canaryDirectory(canary(directory), env), expected);
  });
}

test("the remedy is a command that can be pasted", () => {
  const remedy = (user: string, directory?: string, env = {}) => acceptCommand(user, canary(directory), env);
  assert.match(remedy("ana@example.org", "/state"), /: postigo accept-change ana@example\.org$/);
  assert.match(remedy("o'neil", "/state"), /accept-change 'o'\\''neil'$/);
  assert.match(
    remedy("ana", undefined, { STATE_DIRECTORY: "/var/lib/postigo" }),
    /: POSTIGO_CANARY_DIRECTORY=\/var\/lib\/postigo\/canary postigo accept-change ana$/,
  );
  assert.match(remedy("ana"), /restart Postigo if the change is meant/);
});
