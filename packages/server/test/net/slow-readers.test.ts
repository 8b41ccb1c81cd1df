// Clients that do not read, or read slowly: bounded memory, every octet right, nobody else disturbed.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createWireKernel } from "@postigo/protocol";
import type { OpenMessage } from "@postigo/storage";
import { SLOT_OCTETS, STAGE_MEMORY_OCTETS, Stage, WINDOW_OCTETS } from "#server/net/stage";
import { unsentOctets } from "#server/net/unsent-octets";
import { AUTOLOGOUT_MS, STALLED_MS, serving } from "../support/connection-fixture.js";
import { messages, recordedMaildrop, wireForm } from "../support/memory-maildrops.js";
import { turn, until } from "../support/until.js";

/** What may be queued for one client beyond what the system has taken: one filled slot and one answer. */
const QUEUED_OCTETS = SLOT_OCTETS + 64 * 1024;

const SMALL = `Subject: small\n\n${".line\n".repeat(600)}`;

const drops = (...contents: string[]) => ({ maildrop: recordedMaildrop(messages(...contents)).maildrop });

test("2,000 pipelined RETRs to a client that does not read wait in bounded memory, and go on when it reads", async (t) => {
  const fixture = await serving(t, drops(SMALL));
  const { client, socket } = await fixture.enter(t);
  client.send("RETR 1\r\n".repeat(2_000));
  let most = 0;
  await until(() => {
    most = Math.max(most, socket.writableLength);
    return socket.writableNeedDrain && socket.isPaused();
  });
  assert.ok(most <= QUEUED_OCTETS, `${most} octets queued`);
  const answer = Buffer.concat([Buffer.from(`+OK ${SMALL.length + 602} octets\r\n`), wireForm(SMALL)]);
  for (let index = 0; index < 2_000; index++) {
    const got = await client.octets(answer.length);
    if (!got.equals(answer)) assert.equal(got.toString(), answer.toString(), `answer ${index + 1}`);
  }
  assert.equal(await client.ask("NOOP"), "+OK done");
});

test("2,000 pipelined LISTs of a big maildrop to a client that does not read wait in bounded memory", async (t) => {
  const fixture = await serving(t, drops(...new Array<string>(3_000).fill("x")));
  const { client, socket } = await fixture.enter(t);
  const listing = Buffer.concat([await ask(client, "LIST"), await client.octets(listingOctets())]);
  client.send("LIST\r\n".repeat(2_000));
  let most = 0;
  await until(() => {
    most = Math.max(most, socket.writableLength);
    return socket.writableNeedDrain && socket.isPaused();
  });
  assert.ok(most <= QUEUED_OCTETS + listing.length, `${most} octets queued`);
  for (let index = 0; index < 2_000; index++) {
    assert.ok((await client.octets(listing.length)).equals(listing), `listing ${index + 1}`);
  }
});

const ask = async (client: { ask(command: string): Promise<string | undefined> }, command: string): Promise<Buffer> =>
  Buffer.from(`${await client.ask(command)}\r\n`);

/** "1 3" to "3000 3", each with its CRLF, and the termination octet. */
const listingOctets = (): number => 9 * 1 + 90 * 2 + 900 * 3 + 2_001 * 4 + 3_000 * 4 + 3;

test("a client that takes nothing is ended after the stall time, and its lock is free", async (t) => {
  const large = "y".repeat(WINDOW_OCTETS * 200);
  const fixture = await serving(t, drops(large));
  const { client, socket } = await fixture.enter(t);
  client.send("RETR 1\r\n");
  await until(() => socket.writableNeedDrain);
  // The system goes on taking for as long as its buffers grow.
  for (let last = -1; last !== unsentOctets(socket) + socket.bytesWritten; await turn()) {
    last = unsentOctets(socket) + socket.bytesWritten;
    for (let turns = 0; turns < 50; turns++) await turn();
  }
  fixture.clock.advance(STALLED_MS - 1);
  assert.equal(fixture.log.of("connection-stalled").length, 0);
  fixture.clock.advance(1);
  await fixture.allClosed();
  assert.equal(fixture.log.of("connection-stalled").length, 1);
  assert.equal(fixture.lock.held, 0);
});

test("a client that takes one large answer slowly is not a stalled one", async (t) => {
  const count = 600_000;
  const { maildrop } = recordedMaildrop([]);
  const table = { ...maildrop.messages, count, octetsAt: () => 1_000_000, uniqueIdAt: () => "u" };
  const fixture = await serving(t, { maildrop: { ...maildrop, messages: table } });
  const { client, socket } = await fixture.enter(t);
  client.send("LIST\r\nQUIT\r\n");
  let got = 0;
  await until(() => unsentOctets(socket) > 0);
  for (let rounds = 0; rounds < 4 && socket.writableLength > 0; rounds++) {
    const before = unsentOctets(socket);
    fixture.clock.advance(STALLED_MS - 1);
    while (unsentOctets(socket) === before) got += (await client.octets(100_000)).length;
  }
  assert.equal(fixture.log.of("connection-stalled").length, 0);
  const rest = await client.rest();
  assert.match(rest.subarray(-60).toString(), /600000 1000000\r\n\.\r\n\+OK goodbye\r\n$/);
  assert.ok(got + rest.length > 9_000_000);
});

test("answers to a slow client that has said QUIT are not cut off by the linger time", async (t) => {
  const fixture = await serving(t, drops("z"));
  const { client, socket } = await fixture.enter(t);
  // The system takes nothing until the test lets it.
  const write = socket._write.bind(socket);
  let taken = (): void => undefined;
  Object.assign(socket, {
    _writev: undefined,
    _write: (...given: Parameters<typeof write>) => {
      taken = () => write(...given);
    },
  });
  client.send("STAT\r\nQUIT\r\n");
  await until(() => fixture.log.of("session-closed").length === 1);
  fixture.clock.advance(STALLED_MS - 1);
  assert.equal(socket.destroyed, false);
  Object.assign(socket, { _write: write });
  taken();
  assert.equal((await client.rest()).toString(), "+OK 1 3\r\n+OK goodbye\r\n");
  client.end();
  await fixture.allClosed();
});

test("a slow client neither delays nor spoils what another one is sent", async (t) => {
  const stage = new Stage(createWireKernel(STAGE_MEMORY_OCTETS));
  const slowText = "s".repeat(79).concat("\n").repeat(250_000);
  const fixture = await serving(t, {
    stage,
    open: ({ name }) => ({
      type: "opened",
      maildrop: recordedMaildrop(messages(name === "slow" ? slowText : SMALL)).maildrop,
    }),
  });
  const slow = await fixture.dial(t);
  await slow.client.login("slow");
  await slow.client.ask("RETR 1");
  await until(() => slow.socket.writableNeedDrain);
  const quick = await fixture.dial(t);
  await quick.client.login("quick");
  const expected = wireForm(SMALL);
  for (let index = 0; index < 200; index++) {
    await quick.client.ask("RETR 1");
    assert.ok((await quick.client.octets(expected.length)).equals(expected), `answer ${index}`);
  }
  const wanted = wireForm(slowText);
  assert.ok((await slow.client.octets(wanted.length)).equals(wanted), "20 MB, every octet");
});

test("a quick reader of a large message leaves the others their turn after each slice", async (t) => {
  const content = `${"q".repeat(998)}\n`.repeat(8_000);
  const fixture = await serving(t, drops(content));
  const { client, socket } = await fixture.enter(t);
  // The system takes all at once, so that the socket drains within the turn.
  let written = 0;
  Object.assign(socket, {
    _writev: undefined,
    _write: (chunk: Uint8Array, _encoding: string, done: () => void) => {
      written += chunk.length;
      done();
    },
  });
  client.send("RETR 1\r\n");
  let most = 0;
  for (let before = 0; written < content.length + 8_000; before = written) {
    await turn();
    most = Math.max(most, written - before);
  }
  assert.ok(most <= QUEUED_OCTETS, `${most} octets in one turn`);
});

test("while the disk is not quick, a burst ends after a few milliseconds", async (t) => {
  const content = "q".repeat(WINDOW_OCTETS * 5);
  const { maildrop } = recordedMaildrop(messages(content));
  const opened = (position: number, target: Uint8Array) => {
    const message = maildrop.open(position, target) as OpenMessage;
    const read = (into: Uint8Array) => {
      fixture.clock.advance(5);
      return message.read(into);
    };
    return { ...message, read };
  };
  const fixture = await serving(t, { maildrop: { ...maildrop, open: opened } });
  const { client, socket } = await fixture.enter(t);
  const pieces: number[] = [];
  Object.assign(socket, {
    _writev: undefined,
    _write: (chunk: Uint8Array, _encoding: string, done: () => void) => {
      pieces.push(chunk.length);
      done();
    },
  });
  client.send("RETR 1\r\n");
  await until(() => pieces.reduce((sum, octets) => sum + octets, 0) >= content.length);
  assert.ok(pieces.length >= 3 && Math.max(...pieces) < 3 * WINDOW_OCTETS, `${pieces}`);
});

test("a client that sends more than the pipeline holds is not read while it is not answered", async (t) => {
  const fixture = await serving(t, drops(`${"p".repeat(998)}\n`.repeat(20_000)));
  const { client, socket } = await fixture.enter(t);
  client.send("RETR 1\r\n");
  await until(() => socket.writableNeedDrain);
  client.send("NOOP\r\n".repeat(200_000));
  const read = socket.bytesRead;
  for (let turns = 0; turns < 200; turns++) await turn();
  assert.ok(socket.bytesRead - read <= 256 * 1024, `${socket.bytesRead - read} octets read`);
  client.reset();
  fixture.clock.advance(AUTOLOGOUT_MS);
  await fixture.allClosed();
});
