// A client that collects its mail over and over: connects, logs in, fetches and deletes all there is, quits; while mail goes on
// being delivered. Whatever goes wrong is written down, and in the end each mail must have been had exactly once.

import assert from "node:assert/strict";
import type { TestContext } from "node:test";
import { cleanUp } from "./clean-up.js";
import { type GatewayProcess, PASSWORD } from "./gateway-process.js";
import { RawClient } from "./raw-client.js";

export interface DiligentClient {
  /** Ended with `+OK` to QUIT. */
  readonly sessions: number;
  /** Refused connections, broken sessions, answers that should have been another. */
  readonly faults: readonly string[];
  /** After the session that is under way, and a last one for what was delivered meanwhile. */
  stop(): Promise<void>;
  expectEachMailOnce(): void;
}

export function startDiligentClient(t: TestContext, gateway: GatewayProcess, user: string): DiligentClient {
  const maildir = gateway.maildir(user);
  const faults: string[] = [];
  const collected: string[] = [];
  let sessions = 0;
  let delivered = 0;
  let isStopping = false;

  const deliver = (): void => {
    delivered += 1;
    maildir.add({ what: `${user}-${delivered}`, octets: Buffer.from(`Subject: ${user}-${delivered}\n\nbody\n`) });
  };
  const session = async (): Promise<void> => {
    try {
      const subjects = await collect(gateway.ports.none, user);
      collected.push(...subjects);
      sessions += 1;
    } catch (fault) {
      faults.push(String(fault));
    }
  };
  const work = async (): Promise<void> => {
    while (!isStopping && faults.length < 10) {
      deliver();
      await session();
    }
    await session();
  };
  const working = work();
  const stop = async (): Promise<void> => {
    isStopping = true;
    await working;
  };
  cleanUp(t, stop);
  return {
    get sessions() {
      return sessions;
    },
    faults,
    stop,
    expectEachMailOnce() {
      const expected = Array.from({ length: delivered }, (_, n) => `${user}-${n + 1}`);
      assert.deepEqual([...collected].sort(), expected.sort());
      assert.equal(maildir.count, 0);
    },
  };
}

/** One session; the subjects of what it had, once QUIT has been answered `+OK`. */
async function collect(port: number, user: string): Promise<string[]> {
  const client = await RawClient.login(port, user, PASSWORD);
  const count = Number((await client.ok("STAT")).text.split(" ", 1)[0]);
  const subjects: string[] = [];
  for (let number = 1; number <= count; number += 1) {
    const message = (await client.retrieve(number)).toString("latin1");
    subjects.push(/^Subject: (.*)\r$/m.exec(message)?.[1] ?? message);
    await client.ok(`DELE ${number}`);
  }
  const { ok, text } = await client.quit();
  if (!ok) throw new Error(`QUIT was answered -ERR ${text}`);
  return subjects;
}
