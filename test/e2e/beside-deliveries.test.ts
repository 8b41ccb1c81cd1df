// Courier's deliverquota and Dovecot's LDA, which write `,S=` into names and keep maildirsize, and Postfix, which does neither,
// deliver while POP3 sessions fetch and delete.

import assert from "node:assert/strict";
import { chownSync, lstatSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { canonical } from "../support/canonical.js";
import { until } from "../support/eventually.js";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { giveToMailOwner, MAIL_OWNER } from "../support/mail-owner.js";
import { numberedMessage } from "../support/maildir-fixture.js";
import { usageIn } from "../support/maildirsize.js";
import { needsCourier, PrivateCourier } from "../support/private-courier.js";
import { PrivateDovecot } from "../support/private-dovecot.js";
import { PrivatePostfix } from "../support/private-postfix.js";
import { RawClient } from "../support/raw-client.js";
import { needsRoot, run } from "../support/real-client.js";

const LDA = "/usr/lib/dovecot/dovecot-lda";
const QUOTA = 10_485_760;
const ROUNDS = 6;
const EACH = 4;

test(
  "deliverquota and dovecot-lda deliver meanwhile: each mail is fetched once, as it is, and maildirsize stays right",
  needsDeliverers(),
  async (t) => {
    const place = await Place.make(t);
    const client = new LeavingClient(place.gateway);
    for (let round = 0; round < ROUNDS; round += 1) {
      const deliveries = Array.from({ length: EACH }, () => [place.byCourier(), place.byDovecot()]).flat();
      await Promise.all([...deliveries, client.collect()]);
    }
    await client.collect();
    client.expectExactly(place.delivered);
    const files = place.files();
    assert.equal(files.length, client.kept);
    assert.ok(
      files.every((file) => /,S=\d+/.test(file)),
      files.join(),
    );
    assert.deepEqual(usageIn(place.path), place.usage());
    assert.match(
      place.dovecot.doveadm("-f", "tab", "quota", "get", "-u", "alice"),
      new RegExp(`MESSAGE\\t${files.length}\\t`),
    );
    assert.deepEqual(
      place.dovecot.log.split("\n").filter((line) => /Warning|Error|Fatal|Panic/.test(line)),
      [],
    );
  },
);

test("Postfix delivers meanwhile too: each mail is fetched once, and none is lost", needsPostfixToo(), async (t) => {
  const place = await Place.make(t);
  const postfix = await PrivatePostfix.start(t, place.gateway.spool, ["alice"]);
  const client = new LeavingClient(place.gateway);
  for (let round = 0; round < ROUNDS; round += 1) {
    const messages = Array.from({ length: EACH }, () => place.next());
    await Promise.all([postfix.submit("alice", messages, 2), place.byCourier(), place.byDovecot(), client.collect()]);
  }
  await until("all mail has been delivered and fetched", async () => {
    await client.collect();
    return client.fetched === place.delivered.length;
  });
  client.expectExactly(place.delivered);
  assert.equal(place.files().length, client.kept);
});

test(
  "Courier's POP3 server and Postigo serve one maildrop in turn: each keeps its unique-ids",
  needsCourier(),
  async (t) => {
    const place = await Place.make(t);
    for (let n = 0; n < 6; n += 1) await place.byCourier();
    const courier = await PrivateCourier.start(t, { spool: place.gateway.spool, users: ["alice"] });
    const ports = { courier: courier.port, postigo: place.gateway.ports.none };
    const before = { courier: await idsOf(ports.courier), postigo: await idsOf(ports.postigo) };
    assert.equal(before.courier.size, 6);
    await removeOne(ports.postigo, 2);
    await place.byCourier();
    await removeOne(ports.courier, 5);
    for (const server of ["courier", "postigo"] as const) {
      const after = await idsOf(ports[server]);
      assert.deepEqual([...after.keys()].toSorted(ascending), [1, 3, 4, 6, 7], server);
      for (const message of [1, 3, 4, 6]) assert.equal(after.get(message), before[server].get(message), server);
    }
    assert.deepEqual(usageIn(place.path), place.usage());
  },
);

class Place {
  readonly delivered: number[] = [];
  readonly gateway: GatewayProcess;
  readonly dovecot: PrivateDovecot;

  private constructor(gateway: GatewayProcess, dovecot: PrivateDovecot) {
    this.gateway = gateway;
    this.dovecot = dovecot;
  }

  static async make(t: TestContext): Promise<Place> {
    const owner = `${MAIL_OWNER}`;
    const gateway = await GatewayProcess.start(t, { configuration: { user: owner, group: owner } });
    chownSync(gateway.spool, MAIL_OWNER, MAIL_OWNER);
    const { path } = gateway.maildir();
    writeFileSync(join(path, "maildirsize"), `${QUOTA}S\n${"0".padStart(12)} ${"0".padStart(12)}\n`);
    giveToMailOwner(path);
    // Dovecot counts as Courier does: octets only, no messages.
    const options = { spool: gateway.spool, users: ["alice"], quotaRule: `*:bytes=${QUOTA}` };
    return new Place(gateway, await PrivateDovecot.start(t, options));
  }

  get path(): string {
    return this.gateway.maildirPath();
  }

  /** A message that is not delivered yet. */
  next(): Buffer {
    this.delivered.push(this.delivered.length + 1);
    return numberedMessage(this.delivered.length);
  }

  async byCourier(): Promise<void> {
    const input = this.next().toString("latin1");
    const done = await run("deliverquota.courier", [this.path, `${QUOTA}S`], { input, user: MAIL_OWNER });
    assert.equal(done.status, 0, done.stderr);
  }

  async byDovecot(): Promise<void> {
    const input = this.next().toString("latin1");
    const done = await run(LDA, ["-c", this.dovecot.configurationFile, "-d", "alice"], { input });
    assert.equal(done.status, 0, done.stderr);
  }

  files(): readonly string[] {
    return ["new", "cur"].flatMap((folder) => readdirSync(join(this.path, folder)).map((name) => `${folder}/${name}`));
  }

  usage(): { octets: number; messages: number } {
    const sizes = this.files().map((file) => lstatSync(join(this.path, file)).size);
    return { octets: sizes.reduce((sum, size) => sum + size, 0), messages: sizes.length };
  }
}

/** Unique-ids by message, in the order of the numbers. */
async function idsOf(port: number): Promise<Map<number, string>> {
  const client = await RawClient.login(port, "alice", PASSWORD);
  const ids = new Map<number, string>();
  for (const line of await client.lines("UIDL")) {
    const [number = "", id = ""] = line.split(" ");
    ids.set(numberOf(await client.retrieve(Number(number))), id);
  }
  await client.quit();
  return ids;
}

async function removeOne(port: number, message: number): Promise<void> {
  const numbers = [...(await idsOf(port)).keys()];
  const client = await RawClient.login(port, "alice", PASSWORD);
  await client.ok(`DELE ${numbers.indexOf(message) + 1}`);
  await client.quit();
}

/** Leaves mail on the server and fetches what it does not know by unique-id; deletes what has an even number. */
class LeavingClient {
  readonly #gateway: GatewayProcess;
  readonly #known = new Map<string, number>();
  kept = 0;

  constructor(gateway: GatewayProcess) {
    this.#gateway = gateway;
  }

  get fetched(): number {
    return this.#known.size;
  }

  async collect(): Promise<void> {
    const client = await RawClient.login(this.#gateway.ports.none, "alice", PASSWORD);
    for (const line of await client.lines("UIDL")) {
      const [number = "", id = ""] = line.split(" ");
      if (this.#known.has(id)) continue;
      const octets = await client.retrieve(Number(number));
      const message = numberOf(octets);
      assert.equal(bodyOf(octets), bodyOf(canonical(numberedMessage(message))));
      this.#known.set(id, message);
      if (message % 2 === 0) await client.ok(`DELE ${number}`);
      else this.kept += 1;
    }
    assert.ok((await client.quit()).ok);
  }

  /** Each once: no message has come under two unique-ids. */
  expectExactly(messages: readonly number[]): void {
    assert.deepEqual(
      [...this.#known.values()].toSorted((one, other) => one - other),
      messages,
    );
  }
}

/** Deliverers add to the header. */
function bodyOf(message: Buffer): string {
  return message.toString("latin1", message.indexOf("\r\n\r\n"));
}

function numberOf(message: Buffer): number {
  return Number(/^Subject: number (\d+)\r$/m.exec(message.toString("latin1"))?.[1]);
}

function needsDeliverers(): { skip?: string } {
  const courier = needsRoot("deliverquota.courier", "courier-base");
  return courier.skip === undefined ? needsRoot(LDA, "dovecot-core") : courier;
}

function needsPostfixToo(): { skip?: string } {
  const postfix = needsRoot("postfix");
  return postfix.skip === undefined ? needsDeliverers() : postfix;
}

const ascending = (one: number, other: number): number => one - other;
