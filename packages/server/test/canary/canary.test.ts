// The rule: folders others than known AND most messages missing. Everything else is let pass, and little is written.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Canary, type Sight } from "#server/canary/canary";
import type { Judgement } from "#server/canary/judgement";
import { RecordKeeper, type RecordTrouble } from "#server/canary/record-keeper";
import { FakeClock } from "../support/fake-clock.js";
import { FakeFiles, folders, ids, tableOf } from "./support.js";

const THRESHOLDS = { least: 20, missing: 80 };
const HERE = folders(10);
const ELSEWHERE = folders(20);

interface Process {
  readonly files?: FakeFiles;
  readonly bootId?: string;
  readonly clock?: FakeClock;
}

/** One gateway process: what it sees at logins to one maildrop. */
function process({ files, bootId = "b0", clock = new FakeClock() }: Process = {}) {
  const troubles: RecordTrouble[] = [];
  const onTrouble = (trouble: RecordTrouble): void => void troubles.push(trouble);
  const canary = new Canary({ keeper: files && new RecordKeeper({ files, clock, onTrouble }), bootId });
  const sight = (uniqueIds: readonly string[], where: Sight["folders"] = HERE): Sight => ({
    ...{ maildrop: "/spool/ana", table: tableOf(uniqueIds), folders: where },
  });
  const judge = async (seen: Sight, thresholds = THRESHOLDS): Promise<Judgement> => {
    const judgement = await canary.judge(seen, thresholds);
    await canary.idle();
    return judgement;
  };
  return {
    canary,
    troubles,
    sight,
    judge,
    login: (uniqueIds: readonly string[], where?: Sight["folders"], thresholds = THRESHOLDS) =>
      judge(sight(uniqueIds, where ?? HERE), thresholds).then(({ type }) => type),
    loginAbsent: () => judge({ ...sight([]), folders: undefined }),
  };
}

const BOTH: readonly (readonly [string, () => Process])[] = [
  ["with records", () => ({ files: new FakeFiles() })],
  ["in memory only", () => ({})],
];

for (const [how, parts] of BOTH) {
  test(`${how}: other folders without the known messages are another maildrop, again and again`, async () => {
    const { login, judge, sight } = process(parts());
    assert.equal(await login(ids(100)), "familiar");
    assert.deepEqual(await judge(sight([], ELSEWHERE)), { type: "changed", known: 100, missing: 100 });
    assert.equal(await login(ids(100, 5000), ELSEWHERE), "changed", "other messages are no better than none");
    assert.equal(await login([], ELSEWHERE), "changed");
    assert.equal(await login(ids(100)), "familiar", "the old one has come back");
  });

  test(`${how}: a maildrop that is gone is another one, not an empty one`, async () => {
    const { login, loginAbsent } = process(parts());
    await login(ids(100));
    assert.deepEqual(await loginAbsent(), { type: "changed", known: 100, missing: 100 });
  });

  test(`${how}: a maildrop that has never been there is familiar`, async () => {
    assert.equal((await process(parts()).loginAbsent()).type, "familiar");
  });

  test(`${how}: the same messages in other folders are the same maildrop, from then on in those folders`, async () => {
    const { login } = process(parts());
    await login(ids(100));
    assert.equal(await login([...ids(100), ...ids(3, 500)], ELSEWHERE), "familiar");
    assert.equal(await login([], HERE), "changed");
  });

  test(`${how}: a maildrop that others have emptied keeps its folders, and has nothing to lose afterwards`, async () => {
    const { login } = process(parts());
    await login(ids(100));
    assert.equal(await login([]), "familiar");
    assert.equal(await login(ids(50, 500), ELSEWHERE), "familiar");
  });

  test(`${how}: what a session has removed is not missing, though no login has seen it gone`, async () => {
    const { canary, login, judge, sight } = process(parts());
    const seen = sight(ids(100));
    await judge(seen);
    canary.removed(seen, Array.from(ids(100).keys()), THRESHOLDS);
    await canary.idle();
    assert.equal(await login([], ELSEWHERE), "familiar");
  });

  test(`${how}: what remains after a removal is still known`, async () => {
    const { canary, login, judge, sight } = process(parts());
    const seen = sight(ids(1000));
    await judge(seen);
    canary.removed(
      seen,
      Array.from({ length: 300 }, (_, position) => position),
      THRESHOLDS,
    );
    await canary.idle();
    assert.equal(await login([], ELSEWHERE), "changed");
  });

  test(`${how}: mail that turns over from login to login is followed`, async () => {
    const { login } = process(parts());
    for (let day = 0; day < 20; day++) assert.equal(await login(ids(100, day * 40)), "familiar");
    assert.equal(await login(ids(100, 19 * 40), ELSEWHERE), "familiar");
    assert.equal(await login(ids(100), HERE), "changed");
  });

  test(`${how}: thresholds decide what is little and what is most`, async () => {
    const few = process(parts());
    await few.login(ids(19));
    assert.equal(await few.login([], ELSEWHERE), "familiar");
    const half = process(parts());
    await half.login(ids(1000));
    assert.equal(await half.login(ids(500), ELSEWHERE, { least: 20, missing: 80 }), "familiar");
    const again = process(parts());
    await again.login(ids(1000));
    assert.equal(await again.login(ids(500), ELSEWHERE, { least: 20, missing: 25 }), "changed");
  });
}

test("an unchanged maildrop is judged at once: no promise, no file", async () => {
  const files = new FakeFiles();
  const { canary, sight, judge } = process({ files });
  const seen = sight(ids(100));
  await judge(seen);
  const before = { loads: files.loads, saves: files.saves };
  for (let login = 0; login < 3; login++) assert.deepEqual(canary.judge(seen, THRESHOLDS), { type: "familiar" });
  await canary.idle();
  assert.deepEqual({ loads: files.loads, saves: files.saves }, before);
});

test("a record outlives the process", async () => {
  const files = new FakeFiles();
  await process({ files }).login(ids(100));
  assert.equal(await process({ files }).login([], ELSEWHERE), "changed");
});

test("mail that comes, a few that go, and small maildrops write nothing", async () => {
  const files = new FakeFiles();
  const { login } = process({ files });
  await login(ids(100));
  assert.equal(files.saves, 1);
  for (let mails = 101; mails < 150; mails++) await login(ids(mails));
  await login(ids(140, 10));
  assert.equal(files.saves, 1);
  const small = new FakeFiles();
  for (const count of [0, 5, 19, 0]) await process({ files: small }).login(ids(count));
  assert.equal(small.saves, 0);
});

test("a record is written anew when it has drifted: doubled, a quarter gone, other folders", async () => {
  const files = new FakeFiles();
  const { login } = process({ files });
  await login(ids(100));
  await login(ids(200));
  assert.equal(files.saves, 2);
  await login(ids(100, 100));
  assert.equal(files.saves, 3);
  await login(ids(100, 100), ELSEWHERE);
  assert.equal(files.saves, 4);
  await login([], ELSEWHERE);
  assert.equal(files.saves, 5);
  assert.equal(files.records.get("/spool/ana")?.sample.length, 0);
});

test("once the record is removed, the change is accepted, and the new maildrop is the known one", async () => {
  const files = new FakeFiles();
  const { login } = process({ files });
  await login(ids(100));
  assert.equal(await login(ids(100, 5000), ELSEWHERE), "changed");
  files.records.clear();
  assert.equal(await login(ids(100, 5000), ELSEWHERE), "familiar");
  assert.equal(await login(ids(100), HERE), "changed");
});

test("what another process saw go is not missed by one that was away", async () => {
  const files = new FakeFiles();
  const [first, second] = [process({ files }), process({ files })];
  await first.login(ids(100));
  await second.login([]);
  assert.equal(await first.login([], ELSEWHERE), "familiar");
});

test("what this process has just seen speaks for a maildrop whose record is older", async () => {
  const files = new FakeFiles();
  const [first, second] = [process({ files }), process({ files })];
  await first.login(ids(100));
  await second.login(ids(400));
  await first.login(ids(100));
  assert.equal(await first.login(ids(100), ELSEWHERE), "familiar");
});

test("after a start of the machine the devices may be numbered otherwise, and the inodes speak alone", async () => {
  const files = new FakeFiles();
  await process({ files }).login(ids(100), folders(10, 1));
  const after = process({ files, bootId: "b1" });
  assert.equal(await after.login(ids(100, 5000), folders(10, 2)), "familiar", "turned over while we were down");
  assert.equal(
    await after.login([], folders(10, 3)),
    "changed",
    "within one life of a kernel another number is another disk",
  );
  const other = new FakeFiles();
  await process({ files: other }).login(ids(100));
  assert.equal(await process({ files: other, bootId: "b1" }).login([], ELSEWHERE), "changed");
});

test("records that cannot be read or written are told once in a while, and nobody is refused", async () => {
  const files = new FakeFiles();
  const clock = new FakeClock();
  const { login, troubles } = process({ files, clock });
  files.fault = new Error("EROFS");
  for (let login_ = 0; login_ < 5; login_++) {
    assert.equal(await login(ids(100, login_ * 1000), login_ % 2 === 0 ? HERE : ELSEWHERE), "familiar");
  }
  assert.deepEqual(
    troubles.map(({ what }) => what),
    ["unreadable", "not-saved"],
  );
  clock.advance(600_000);
  await login(ids(100), folders(30));
  assert.equal(troubles.length, 4);
});

test("a spoilt record is told, and is none", async () => {
  const files = new FakeFiles();
  files.load = async () => "spoilt";
  const { login, troubles } = process({ files });
  assert.equal(await login(ids(100)), "familiar");
  assert.deepEqual(troubles, [{ what: "spoilt", maildrop: "/spool/ana", error: "torn, or not written by Postigo" }]);
  assert.equal(files.saves, 1, "a new one takes its place");
});
