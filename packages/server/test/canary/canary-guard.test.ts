// What the way to a maildrop makes of the canary's judgement.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { FoundMaildrop, MaildirFolders } from "@postigo/storage";
import { Canary } from "#server/canary/canary";
import { createCanaryGuard } from "#server/canary/canary-guard";
import { acceptCommand, canaryDirectory } from "#server/canary/create-canary";
import { recordedMaildrop } from "../support/memory-maildrops.js";
import { RecordingLog } from "../support/recording-log.js";
import { folders, ids } from "./support.js";

const ANA = { name: "ana", maildir: undefined };

function scene() {
  const log = new RecordingLog();
  const canary = new Canary({ keeper: undefined, bootId: "" });
  const thresholds = { least: 20, missing: 80 };
  const guard = createCanaryGuard({ canary, log, thresholds, remedy: (user) => `look after ${user}` });
  const found = (uniqueIds: readonly string[], where: MaildirFolders | undefined): FoundMaildrop => {
    const { maildrop } = recordedMaildrop(uniqueIds.map((uniqueId) => ({ content: "", uniqueId })));
    return { messages: maildrop.messages, folders: where };
  };
  const login = async (uniqueIds: readonly string[], where?: MaildirFolders) =>
    guard.judge(found(uniqueIds, where), "/spool/ana", ANA);
  return { log, guard, found, login };
}

test("another maildrop is refused and told with its remedy", async () => {
  const { login, log } = scene();
  assert.equal(await login(ids(100), folders(10)), undefined);
  assert.equal(
    await login([], folders(20)),
    "another directory stands in the place of the maildrop, without its messages",
  );
  assert.deepEqual(log.of("maildrop-changed"), [
    { user: "ana", maildrop: "/spool/ana", known: 100, missing: "100%", remedy: "look after ana" },
  ]);
});

test("an unchanged maildrop is let in at once", async () => {
  const { guard, found } = scene();
  const maildrop = found(ids(100), folders(10));
  await guard.judge(maildrop, "/spool/ana", ANA);
  assert.equal(guard.judge({ ...maildrop, folders: folders(10) }, "/spool/ana", ANA), undefined);
});

test("what a session removes is not missed, and a copy that went along counts once", async () => {
  const { guard, found, login } = scene();
  const maildrop = found(ids(100), folders(10));
  await guard.judge(maildrop, "/spool/ana", ANA);
  const removed = [...ids(100).keys(), 0, 1].map((position) => ({ position, path: "", how: "unlinked" as const }));
  guard.removed(maildrop, "/spool/ana", { removed, failed: [] });
  assert.equal(await login([], folders(20)), undefined);
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
