import assert from "node:assert/strict";
import { test } from "node:test";
import { createWireKernel, NOTHING_BEFORE } from "@postigo/protocol";
import { SLOT_OCTETS, STAGE_MEMORY_OCTETS, Stage, WINDOW_OCTETS } from "#server/net/stage";
import { readOctets, socketPair } from "../support/socket-pair.js";

const newStage = (): Stage => new Stage(createWireKernel(STAGE_MEMORY_OCTETS));

test("what is staged goes out in order and with one write", async (t) => {
  const { server, client } = await socketPair(t);
  const stage = newStage();
  stage.append(Buffer.from("+OK 3 octets\r\n"));
  stage.window.set(Buffer.from("a\n.b"));
  stage.encodeWindow(4, NOTHING_BEFORE);
  stage.append(Buffer.from("\r\n.\r\n"));
  stage.flushTo(server);
  assert.equal(stage.isEmpty, true);
  const expected = "+OK 3 octets\r\na\r\n..b\r\n.\r\n";
  assert.equal((await readOctets(client, expected.length)).toString(), expected);
});

test("a full window of line ends, which doubles, fits an empty slot", () => {
  const stage = new Stage(createWireKernel(STAGE_MEMORY_OCTETS));
  const before = stage.room;
  assert.ok(before >= 2 * WINDOW_OCTETS);
  stage.window.fill(0x0a);
  stage.encodeWindow(WINDOW_OCTETS, NOTHING_BEFORE);
  assert.equal(stage.room, before - 2 * WINDOW_OCTETS);
});

test("octets a slow client has not taken are not overwritten by what other clients are sent", async (t) => {
  const stage = newStage();
  const slow = await socketPair(t);
  slow.client.pause();
  const written: Buffer[] = [];
  // More than the system's buffers take, and more rounds than there are slots: lent slots first, copies then.
  for (let round = 0; round < 60; round++) {
    const piece = Buffer.alloc(200_000, round + 1);
    stage.append(piece);
    stage.flushTo(slow.server);
    written.push(piece);
    const quick = await socketPair(t);
    stage.append(Buffer.from(`round ${round}`));
    stage.flushTo(quick.server);
    assert.equal((await readOctets(quick.client, 7)).toString(), `round ${round}`);
    quick.client.destroy();
  }
  assert.ok(slow.server.writableLength > 0, "the client is slow");
  const expected = Buffer.concat(written);
  const read = await readOctets(slow.client, expected.length);
  assert.ok(read.equals(expected), "every octet arrives as it was staged");
});

test("a crowd of slow clients is given less at a time, because it is copied", async (t) => {
  const stage = newStage();
  const slow = await socketPair(t);
  slow.client.pause();
  const empty = stage.room;
  assert.equal(empty, SLOT_OCTETS);
  for (let round = 0; stage.room === empty; round++) {
    assert.ok(round < 100, "slots run out");
    stage.append(Buffer.alloc(1_000_000));
    stage.flushTo(slow.server);
  }
  assert.ok(stage.room >= 2 * WINDOW_OCTETS && stage.room < SLOT_OCTETS / 4);
});

test("a connection that is gone takes nothing and costs no slot", async (t) => {
  const { server } = await socketPair(t);
  const stage = newStage();
  server.destroy();
  stage.append(Buffer.from("+OK\r\n"));
  stage.flushTo(server);
  assert.equal(stage.isEmpty, true);
});
