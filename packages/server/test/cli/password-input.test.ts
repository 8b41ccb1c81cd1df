// The person at the terminal, key by key.

import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { test } from "node:test";
import { readPassword } from "#server/cli/password-input";
import type { Terminal } from "#server/cli/terminal";

const terminal = () => {
  const keys = Object.assign(new PassThrough(), {
    isTTY: true,
    raw: [] as boolean[],
    setRawMode(raw: boolean) {
      this.raw.push(raw);
    },
  });
  let shown = "";
  const screen: Terminal = {
    input: keys,
    out: () => assert.fail("nothing belongs on standard output yet"),
    err: (text) => {
      shown += text;
    },
    outIsTerminal: true,
    errIsTerminal: true,
  };
  return { keys, screen, shown: () => shown };
};

const GOOD: readonly { readonly name: string; readonly chunks: readonly string[]; readonly password: string }[] = [
  { name: "two lines", chunks: ["sekrit\r", "sekrit\r"], password: "sekrit" },
  { name: "key by key", chunks: [..."ab\rab\r"], password: "ab" },
  { name: "typed ahead, in one piece", chunks: ["ab\rab\r"], password: "ab" },
  { name: "line feeds", chunks: ["ab\nab\n"], password: "ab" },
  { name: "with spaces", chunks: [" a b \r a b \r"], password: " a b " },
  { name: "a letter erased", chunks: ["abx\x7f\r", "ax\x08b\r"], password: "ab" },
  { name: "a letter of several octets erased", chunks: ["aé€\x7f\x7fb\r", "ab\r"], password: "ab" },
  { name: "more erased than typed", chunks: ["x\x7f\x7f\x7fab\r", "ab\r"], password: "ab" },
  { name: "all erased", chunks: ["wrong\x15ab\r", "ab\r"], password: "ab" },
];

for (const { name, chunks, password } of GOOD) {
  test(`${name}: the password is ${JSON.stringify(password)}, unseen`, async () => {
    const { keys, screen, shown } = terminal();
    const reading = readPassword(screen);
    for (const chunk of chunks) keys.write(chunk);
    assert.equal(Buffer.from(await reading).toString("utf8"), password);
    assert.equal(shown(), chunks.length === 1 ? "Password: \n" : "Password: \nAgain:    \n");
    assert.deepEqual(keys.raw, [true, false]);
  });
}

const BAD: readonly { readonly name: string; readonly typed: string; readonly says: RegExp }[] = [
  { name: "two that differ", typed: "ab\rac\r", says: /the two differ; nothing was made/ },
  { name: "Ctrl-C", typed: "ab\x03", says: /cancelled; nothing was made/ },
  { name: "Ctrl-C at the second question", typed: "ab\ra\x03", says: /cancelled/ },
  { name: "Ctrl-D", typed: "ab\x04", says: /cancelled/ },
];

for (const { name, typed, says } of BAD) {
  test(`${name} makes nothing, and leaves the terminal as it was`, async () => {
    const { keys, screen } = terminal();
    keys.write(typed);
    await assert.rejects(readPassword(screen), says);
    assert.deepEqual(keys.raw, [true, false]);
  });
}

test("a terminal that goes away makes nothing", async () => {
  const { keys, screen } = terminal();
  keys.end("ab\r");
  await assert.rejects(readPassword(screen), /cancelled/);
});
