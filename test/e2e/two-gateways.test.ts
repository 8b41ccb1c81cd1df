// Two gateway processes on one spool: never two sessions in one maildrop.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { RawClient } from "../support/raw-client.js";

const LOGINS = 500;
const COMPETITORS = 20;

test("RFC 1939 §4: of 500 competing logins through two gateways no two are in the maildrop at once", async (t) => {
  const configuration = { lock: { wait: "500ms", stale: "60s" } };
  const first = await GatewayProcess.start(t, { configuration });
  const second = await GatewayProcess.start(t, { configuration, spool: first.spool });
  first.maildir().fillWithNumbered(5);
  const watch = new MaildropWatch();
  let started = 0;
  const compete = async (n: number): Promise<void> => {
    while (started < LOGINS) {
      started += 1;
      await watch.login(n % 2 === 0 ? first : second);
    }
  };
  await Promise.all(Array.from({ length: COMPETITORS }, (_, n) => compete(n)));
  assert.equal(watch.entered + watch.refused, LOGINS);
  assert.ok(watch.entered >= COMPETITORS, `${watch.entered} logins succeeded`);
  t.diagnostic(`${watch.entered} of ${LOGINS} logins entered, ${watch.refused} were refused with [IN-USE]`);
  await first.stop();
  await second.stop();
});

test("a gateway that was killed leaves no lock that counts: the other one lets the user in at once", async (t) => {
  const configuration = { lock: { wait: "0s" } };
  const first = await GatewayProcess.start(t, { configuration });
  const second = await GatewayProcess.start(t, { configuration, spool: first.spool });
  first.maildir().fillWithNumbered(3);
  const lost = await RawClient.login(first.ports.none, "alice", PASSWORD);
  await lost.ok("DELE 1");
  const refused = await RawClient.connect(second.ports.none);
  await refused.ok("USER alice");
  const reply = await refused.err(`PASS ${PASSWORD}`);
  assert.equal(reply.code, "IN-USE");
  assert.match(reply.text, /lock/);
  await first.kill();
  const next = await RawClient.login(second.ports.none, "alice", PASSWORD);
  assert.match((await next.ok("STAT")).text, /^3 /);
  await next.quit();
});

/** Counts who is inside: from +OK to PASS until just before QUIT is sent. */
class MaildropWatch {
  entered = 0;
  refused = 0;
  #inside = 0;

  async login(gateway: GatewayProcess): Promise<void> {
    const client = await RawClient.connect(gateway.ports.none);
    await client.ok("USER alice");
    const reply = await client.command(`PASS ${PASSWORD}`);
    if (reply.ok) await this.#stay(client);
    else this.#refuse(reply.code);
    await client.quit();
  }

  async #stay(client: RawClient): Promise<void> {
    this.entered += 1;
    this.#inside += 1;
    assert.equal(this.#inside, 1, "two sessions in one maildrop");
    await client.ok("STAT");
    this.#inside -= 1;
  }

  #refuse(code: string | undefined): void {
    this.refused += 1;
    assert.equal(code, "IN-USE");
  }
}
