// A process that takes locks, for tests with several: node lock-child.js MAILDROP (logins COUNT WITNESS | hold)
// `logins` takes the lock COUNT times, without waiting in between, and writes `enter ID` and `leave ID` into WITNESS while it holds it.
// `hold` takes it, says `held`, and keeps it; a line on its input lets it say whether it still has it.

import { appendFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { systemClock } from "#server/clock";
import { createMaildropLock } from "#server/lock/create-maildrop-lock";
import type { Lease } from "#server/lock/maildrop-lock";
import { request, STALE_MS } from "./lock-fixture.js";

const [maildrop = "", mode = "", count = "", witness = ""] = process.argv.slice(2);
const lock = createMaildropLock({
  ...{ waitMs: 0, staleMs: STALE_MS, directory: undefined, clock: systemClock },
  onEvent: (event) => console.log(event.type),
});

if (mode === "logins") await logins(Number(count));
else await hold();

async function logins(wanted: number): Promise<void> {
  for (let done = 0; done < wanted; ) {
    const lease = await take();
    if (lease === undefined) continue;
    appendFileSync(witness, `enter ${process.pid}-${done}\n`);
    // Another process gets its chance to go wrong.
    await new Promise(setImmediate);
    if (!lease.isHeld()) throw new Error("lost");
    appendFileSync(witness, `leave ${process.pid}-${done}\n`);
    lease.release();
    done++;
  }
}

async function hold(): Promise<void> {
  const lease = await take();
  console.log(lease === undefined ? "refused" : "held");
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === "exit") process.exit(0);
    console.log(lease?.isHeld() === true ? "held" : "lost");
  }
}

async function take(): Promise<Lease | undefined> {
  const outcome = await lock.acquire(maildrop, request(`session-${process.pid}`));
  if (outcome.type === "unavailable") throw outcome.cause;
  return outcome.type === "held" ? outcome.lease : undefined;
}
