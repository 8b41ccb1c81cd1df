// What the way to a maildrop makes of the canary's judgement.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { MaildirFolders } from "@postigo/storage";
import { Canary } from "#server/canary/canary";
import { createCanaryGuard } from "#server/canary/canary-guard";
import { acceptCommand, canaryDirectory } from "#server/canary/create-canary";
import type { OpenedMaildrop } from "#server/maildrop/maildrop-opener";
import { recordedMaildrop } from "../support/memory-maildrops.js";
import { RecordingLog } from "../support/recording-log.js";
import { folders, ids } from "./support.js";

const ANA = { name: "ana", maildir: undefined };

function scene() {
  const log = new RecordingLog();
  const canary = new Canary({ keeper: undefined, bootId: "" });
  const thresholds = { least: 20, missing: 80 };
  const guard = createCanaryGuard({ canary, log, thresholds, remedy: (user) => `look after ${user}` });
  let closed = 0;
  const opened = (uniqueIds: readonly string[], where: MaildirFolders | undefined): OpenedMaildrop => {
    const contents = uniqueIds.map((uniqueId) => ({ content: "", uniqueId }));
    const { maildrop } = recordedMaildrop(contents, { close: async () => void closed++ });
    return { type: "opened", maildrop, folders: where };
  };
  const login = async (uniqueIds: readonly string[], where?: MaildirFolders) =>
    guard(opened(uniqueIds, where), "/spool/ana", ANA);
  return { log, closed: () => closed, guard, opened, login };
}

test("another maildrop is closed, refused and told with its remedy", async () => {
  const { login, closed, log } = scene();
  assert.equal((await login(ids(100), folders(10))).type, "opened");
  assert.deepEqual(await login([], folders(20)), {
    type: "refused",
    why: "another directory stands in the place of the maildrop, without its messages",
  });
  assert.equal(closed(), 1);
  assert.deepEqual(log.of("maildrop-changed"), [
    { user: "ana", maildrop: "/spool/ana", known: 100, missing: "100%", remedy: "look after ana" },
  ]);
});

test("an unchanged maildrop is let in at once", async () => {
  const { guard, opened } = scene();
  const maildrop = opened(ids(100), folders(10));
  await guard(maildrop, "/spool/ana", ANA);
  const again = guard({ ...maildrop, folders: folders(10) }, "/spool/ana", ANA);
  assert.ok(!(again instanceof Promise) && again.type === "opened");
});

test("what a session removes is not missed, and a copy that went along counts once", async () => {
  const { login } = scene();
  const outcome = await login(ids(100), folders(10));
  assert.ok(outcome.type === "opened");
  const removed = [...ids(100).keys(), 0, 1].map((position) => ({ position, path: "", how: "unlinked" as const }));
  outcome.onRemoved?.({ removed, failed: [] });
  assert.equal((await login([], folders(20))).type, "opened");
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
