// What no amount of luck would show: the kernel stops one contender between any two of its file calls, and lets others run.

import assert from "node:assert/strict";
import { mkdirSync, rmSync, utimesSync } from "node:fs";
import { join } from "node:path";
import { after, type TestContext, test } from "node:test";
import fc from "fast-check";
import { deadPid, type LockFixture, lockFixture, plantLock, STALE_MS } from "../support/lock-fixture.js";
import { Contender, type Task } from "../support/stepped-contender.js";

const DEAD_PID = deadPid();
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
  { name: "a stale lock without owner", plant: (fixture) => plantLock(fixture, undefined, STALE_MS + 1000) },
  { name: "a stale lock with a garbage owner", plant: (fixture) => plantLock(fixture, "garbage", STALE_MS + 1000) },
  { name: "a dead owner's file that has lost its directory", plant: plantLeftover },
];

for (const { name, plant } of SCENES) {
  test(`${name}: of two contenders, one stopped after any of its file calls, never both hold it`, (t) => {
    for (let stopAfter = 0; ; stopAfter++) {
      const fixture = scene(t, plant);
      first.begin(task(fixture, "first"));
      for (let step = 0; step < stopAfter && first.standing === "waiting"; step++) first.step();
      const isOver = first.standing !== "waiting";
      second.begin(task(fixture, "second"));
      second.finish();
      first.finish();
      assertOneHolder(`stopped after ${stopAfter} calls`);
      releaseAll();
      if (isOver) break;
    }
  });

  test(`${name}: a contender stopped at any call while another takes the lock and gives it back does not disturb a third`, (t) => {
    for (let stopAfter = 0; ; stopAfter++) {
      const fixture = scene(t, plant);
      first.begin(task(fixture, "first"));
      for (let step = 0; step < stopAfter && first.standing === "waiting"; step++) first.step();
      const isOver = first.standing !== "waiting";
      second.begin(task(fixture, "second"));
      if (second.finish() === "held") {
        second.beginRelease();
        second.finish();
      }
      third.begin(task(fixture, "third"));
      third.finish();
      first.finish();
      assertOneHolder(`stopped after ${stopAfter} calls`);
      releaseAll();
      if (isOver) break;
    }
  });

  test(`${name}: a contender killed after any of its file calls leaves a maildrop that opens, at the latest when stale`, (t) => {
    for (let killedAfter = 0; ; killedAfter++) {
      const fixture = scene(t, plant);
      first.begin({ ...task(fixture, "first"), pid: DEAD_PID });
      for (let step = 0; step < killedAfter && first.standing === "waiting"; step++) first.step();
      const isOver = first.standing !== "waiting";
      second.begin(task(fixture, "second"));
      if (second.finish() !== "held") {
        makeStale(fixture);
        second.begin(task(fixture, "second"));
        assert.equal(second.finish(), "held", `killed after ${killedAfter} calls, stale`);
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
          advance(contenders[turn] ?? first, task(fixture, `c${turn}-${at}`));
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
        advance(contenders[turn] ?? first, task(fixture, `c${turn}-${at}`));
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
  const fixture = {
    ...base,
    maildrop,
    mark: join(maildrop, "postigo.lock"),
    ownerFile: join(maildrop, "postigo.owner"),
  };
  plant(fixture);
  return fixture;
}

function plantLeftover(fixture: LockFixture): void {
  plantLock(fixture, { pid: DEAD_PID });
  rmSync(fixture.mark);
}

const task = ({ maildrop }: LockFixture, token: string): Task => ({ maildrop, token, pid: process.pid });

function assertOneHolder(when: string): void {
  const holders = contenders.filter(({ standing }) => standing === "held");
  assert.ok(holders.length <= 1, `${holders.length} holders ${when}`);
}

function makeStale({ mark, clock }: LockFixture): void {
  const seconds = clock.now() / 1000 - 2 * STALE_MS;
  utimesSync(mark, seconds, seconds);
}

function releaseAll(): void {
  for (const contender of contenders) {
    if (contender.standing !== "held") continue;
    contender.beginRelease();
    contender.finish();
  }
}
