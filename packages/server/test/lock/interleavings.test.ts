// What no amount of luck would show: the kernel stops one contender between any two of its file calls, and lets others run.

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import fc from "fast-check";
import { formatOwner } from "#server/lock/owner-facts";
import {
  claimFile,
  deadPid,
  type LockFixture,
  lockFixture,
  markIn,
  ownerWith,
  plantLock,
  STALE_MS,
} from "../support/lock-fixture.js";
import { Contender, type Task } from "../support/stepped-contender.js";

const DEAD_PID = deadPid();
const DEAD_OWNER = formatOwner(ownerWith({ pid: DEAD_PID }));
const contenders = [new Contender(), new Contender(), new Contender()] as const;
const [first, second, third] = contenders;
after(() => Promise.all(contenders.map((contender) => contender.end())));

const SCENES: { name: string; plant: (fixture: LockFixture) => void }[] = [
  { name: "no lock", plant: () => undefined },
  { name: "the lock of a dead owner", plant: (fixture) => plantLock(fixture, { pid: DEAD_PID }) },
  {
    name: "a stale lock of another machine",
    plant: (fixture) => plantLock(fixture, { host: "elsewhere" }, STALE_MS + 1000),
  },
  { name: "a stale lock without owner", plant: (fixture) => plantLock(fixture, "", STALE_MS + 1000) },
  { name: "a stale lock with a garbage owner", plant: (fixture) => plantLock(fixture, "garbage", STALE_MS + 1000) },
  { name: "a stale directory", plant: plantDirectory },
  {
    name: "a dead owner's file without a lock",
    plant: ({ maildrop }) => writeFileSync(join(maildrop, "postigo.owner.dead"), DEAD_OWNER),
  },
  { name: "the locks of a dead owner and of one who died taking it over", plant: plantTwoDead },
];

for (const { name, plant } of SCENES) {
  for (const isNew of [true, false]) {
    const whose = isNew ? "processes that lock for the first time" : "processes that have locked before";

    test(`${name}, ${whose}: of two contenders, one stopped after any of its file calls, never both hold it`, (t) => {
      for (let stopAfter = 0; ; stopAfter++) {
        const fixture = scene(t, plant);
        first.begin(task(fixture, isNew));
        for (let step = 0; step < stopAfter && first.standing === "waiting"; step++) first.step();
        const isOver = first.standing !== "waiting";
        second.begin(task(fixture, isNew));
        second.finish();
        first.finish();
        assertOneHolder(`stopped after ${stopAfter} calls`);
        releaseAll();
        if (isOver) break;
      }
    });

    test(`${name}, ${whose}: a contender stopped at any call while another takes the lock and gives it back does not disturb a third`, (t) => {
      for (let stopAfter = 0; ; stopAfter++) {
        const fixture = scene(t, plant);
        first.begin(task(fixture, isNew));
        for (let step = 0; step < stopAfter && first.standing === "waiting"; step++) first.step();
        const isOver = first.standing !== "waiting";
        second.begin(task(fixture, isNew));
        if (second.finish() === "held") {
          second.beginRelease();
          second.finish();
        }
        third.begin(task(fixture, isNew));
        third.finish();
        first.finish();
        assertOneHolder(`stopped after ${stopAfter} calls`);
        releaseAll();
        if (isOver) break;
      }
    });
  }

  test(`${name}: a contender killed after any of its file calls leaves a maildrop that opens, at the latest when stale`, (t) => {
    for (let killedAfter = 0; ; killedAfter++) {
      const fixture = scene(t, plant);
      first.begin({ ...task(fixture), pid: DEAD_PID });
      for (let step = 0; step < killedAfter && first.standing === "waiting"; step++) first.step();
      const isOver = first.standing !== "waiting";
      second.begin(task(fixture));
      // A login tries again while it waits.
      for (let tries = 1; second.finish() !== "held"; tries++) {
        assert.ok(tries < 3, `killed after ${killedAfter} calls, stale`);
        makeStale(fixture);
        second.begin(task(fixture));
      }
      assert.equal(second.isHeld(), true);
      first.finish();
      releaseAll();
      if (isOver) break;
    }
  });

  test(`${name}: three contenders in any order of their file calls, giving back and coming again: never two hold it`, (t) => {
    const schedule = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 20, maxLength: 120 });
    fc.assert(
      fc.property(schedule, (turns) => {
        const fixture = scene(t, plant);
        turns.forEach((turn, at) => {
          advance(contenders[turn] ?? first, task(fixture, at % 3 === 0));
          assertOneHolder(`at ${at}`);
        });
        for (const contender of contenders) contender.finish();
        assertOneHolder("in the end");
        releaseAll();
      }),
      { numRuns: 80 },
    );
  });
}

test("whoever holds a lock that nobody has lost keeps it, whatever others look at meanwhile", (t) => {
  const schedule = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 20, maxLength: 120 });
  fc.assert(
    fc.property(schedule, (turns) => {
      const fixture = scene(t, () => undefined);
      turns.forEach((turn, at) => {
        advance(contenders[turn] ?? first, task(fixture, at % 3 === 0));
        for (const holder of contenders)
          if (holder.standing === "held") assert.equal(holder.isHeld(), true, `at ${at}`);
      });
      for (const contender of contenders) contender.finish();
      releaseAll();
    }),
    { numRuns: 200 },
  );
});

/** One step further in the life of a contender: take, hold, give back, again. */
function advance(contender: Contender, next: Task): void {
  if (contender.standing === "waiting") contender.step();
  else if (contender.standing === "held") contender.beginRelease();
  else contender.begin(next);
}

let scenes = 0;

function scene(t: TestContext, plant: (fixture: LockFixture) => void): LockFixture {
  const base = lockFixture(t);
  const maildrop = join(base.maildrop, String(scenes++));
  mkdirSync(maildrop);
  const fixture = { ...base, maildrop, mark: markIn(maildrop) };
  plant(fixture);
  return fixture;
}

function plantDirectory({ mark }: LockFixture): void {
  mkdirSync(mark);
  const seconds = Date.now() / 1000 - 2 * STALE_MS;
  utimesSync(mark, seconds, seconds);
}

function plantTwoDead(fixture: LockFixture): void {
  plantLock(fixture, { pid: DEAD_PID });
  writeFileSync(claimFile(fixture), formatOwner(ownerWith({ token: "another", pid: DEAD_PID })));
}

const task = ({ maildrop }: LockFixture, isNew = true): Task => ({ maildrop, isNew, pid: process.pid });

function assertOneHolder(when: string): void {
  const holders = contenders.filter(({ standing }) => standing === "held");
  assert.ok(holders.length <= 1, `${holders.length} holders ${when}`);
}

function makeStale({ maildrop, clock }: LockFixture): void {
  const seconds = clock.now() / 1000 - 2 * STALE_MS;
  for (const name of readdirSync(maildrop)) utimesSync(join(maildrop, name), seconds, seconds);
}

function releaseAll(): void {
  for (const contender of contenders) {
    if (contender.standing !== "held") continue;
    contender.beginRelease();
    contender.finish();
  }
}
