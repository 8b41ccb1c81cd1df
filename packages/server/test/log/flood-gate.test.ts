import assert from "node:assert/strict";
import { test } from "node:test";
import { FloodGate } from "#server/log/flood-gate";
import { HandClock } from "./hand-clock.js";

test("a thousand lines of an event pass within a second, the rest are told as a number", () => {
  const clock = new HandClock();
  const told: [string, number][] = [];
  const gate = new FloodGate(clock, (event, lines) => told.push([event, lines]));
  const admitted = Array.from({ length: 1500 }, () => gate.admits("session-opened")).filter(Boolean).length;
  assert.equal(admitted, 1000);
  assert.equal(gate.admits("session-closed"), true, "each event has its own bound");
  assert.deepEqual(told, []);
  clock.pass(1000);
  assert.deepEqual(told, [["session-opened", 500]]);
});

test("after the second the event passes again, and quiet seconds tell nothing", () => {
  const clock = new HandClock();
  const told: unknown[] = [];
  const gate = new FloodGate(clock, (...what) => told.push(what));
  for (let line = 0; line < 1000; line++) gate.admits("session-opened");
  clock.pass(1000);
  assert.equal(gate.admits("session-opened"), true);
  clock.pass(5000);
  assert.deepEqual(told, []);
  assert.equal(clock.waiting, 0);
});

test("settling before the second is over tells what was left out once", () => {
  const clock = new HandClock();
  const told: unknown[] = [];
  const gate = new FloodGate(clock, (...what) => told.push(what));
  for (let line = 0; line < 1001; line++) gate.admits("session-opened");
  gate.settle();
  clock.pass(1000);
  assert.deepEqual(told, [["session-opened", 1]]);
});
