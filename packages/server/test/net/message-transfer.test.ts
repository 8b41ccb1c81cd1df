// A message on its way, at every size that is a border somewhere, and with a file that does not hold still.

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Maildrop, OpenMessage } from "@postigo/storage";
import fc from "fast-check";
import { WINDOW_OCTETS } from "#server/net/stage";
import { serving } from "../support/connection-fixture.js";
import { messages, recordedMaildrop, wireForm } from "../support/memory-maildrops.js";
import type { Pop3Client } from "../support/pop3-client.js";
import { turn } from "../support/until.js";

const filled = (octets: number, pattern: string): string =>
  pattern.repeat(Math.ceil(octets / pattern.length)).slice(0, octets);

/** An octet at the end of one slice and one at the start of the next. */
const acrossBorder = (last: string, first: string): string => `${"b".repeat(WINDOW_OCTETS - 1)}${last}${first}tail\n`;

const CONTENTS: readonly (readonly [string, string])[] = [
  ["an empty message", ""],
  ["a lone dot", "."],
  ["one octet less than the window", filled(WINDOW_OCTETS - 1, "0123456789abcde\n")],
  ["exactly the window", filled(WINDOW_OCTETS, "0123456789abcde\n")],
  ["one octet more than the window", filled(WINDOW_OCTETS + 1, "0123456789abcde\n")],
  ["line ends only, which double", "\n".repeat(WINDOW_OCTETS - 1)],
  ["line ends only, two slices", "\n".repeat(WINDOW_OCTETS * 2)],
  ["lines of one dot, which grow most", ".\n".repeat(WINDOW_OCTETS)],
  ["dots only", ".".repeat(WINDOW_OCTETS + 7)],
  ["CR at the end of a slice, LF at the start of the next", acrossBorder("\r", "\n")],
  ["LF at the end of a slice, a dot at the start of the next", acrossBorder("\n", ".")],
  ["bare CR at the end of a slice", acrossBorder("\r", "x")],
  ["CR as the last octet of a full window", `${"c".repeat(WINDOW_OCTETS - 1)}\r`],
];

for (const io of ["sync", "async"] as const) {
  for (const [what, content] of CONTENTS) {
    test(`${io}: RETR of ${what} sends its wire form, and announces its octets`, async (t) => {
      const fixture = await serving(t, { maildrop: inMode(io, content) });
      const { client } = await fixture.enter(t);
      const expected = wireForm(content);
      const announced = Number(/^\+OK (\d+) /.exec((await client.ask("RETR 1")) ?? "")?.[1]);
      const body = await client.octets(expected.length);
      assert.ok(body.equals(expected), "every octet");
      assert.equal(announced, content.replaceAll(/(?<!\r)\n/g, "\r\n").length + (isClosed(content) ? 0 : 2));
      assert.equal(await client.ask("NOOP"), "+OK done");
      assert.deepEqual(fixture.log.of("octets-corrected"), []);
    });
  }
}

const isClosed = (content: string): boolean => content === "" || content.endsWith("\n");

test("TOP cuts a message at every line near the borders of its slices", async (t) => {
  const line = `${"t".repeat(62)}\n`;
  const content = `Subject: top\n\n${line.repeat((WINDOW_OCTETS * 3) / 63)}`;
  const fixture = await serving(t, { maildrop: recordedMaildrop(messages(content)).maildrop });
  const { client } = await fixture.enter(t);
  const near = [0, 1, 2].flatMap((slice) => [-1, 0, 1, 2].map((off) => Math.floor((WINDOW_OCTETS * slice) / 63) + off));
  for (const lines of near.filter((count) => count >= 0)) {
    await client.ask(`TOP 1 ${lines}`);
    const expected = wireForm(`Subject: top\n\n${line.repeat(lines)}`);
    assert.ok((await client.octets(expected.length)).equals(expected), `TOP 1 ${lines}`);
  }
  assert.equal(await client.ask("NOOP"), "+OK done");
});

test("RFC 1939 §7: TOP never counts as retrieved, not even of the whole message", async (t) => {
  const { maildrop, record } = recordedMaildrop(messages("a\n\nb\n", filled(WINDOW_OCTETS * 2, "long\n")));
  const fixture = await serving(t, { maildrop });
  const { client } = await fixture.enter(t);
  await client.end("TOP 1 9999999\r\nTOP 2 9999999\r\nTOP 2 0\r\nQUIT\r\n").rest();
  await fixture.allClosed();
  assert.deepEqual(record.marked, []);
  assert.equal(fixture.log.of("session-closed")[0]?.top, 3);
});

type Read = OpenMessage["read"];

/** A large message whose reading goes as `read` says. */
function misread(read: (inner: Read) => Read): { maildrop: Maildrop; record: { marked: number[] } } {
  const content = filled(WINDOW_OCTETS * 3, "0123456789abcde\n");
  const { maildrop, record } = recordedMaildrop(messages(content, "small\n"));
  const over: Maildrop = {
    ...maildrop,
    open(position, target) {
      const opened = maildrop.open(position, target) as OpenMessage;
      return { ...opened, read: read(opened.read) };
    },
  };
  return { maildrop: over, record };
}

const FAULTS: readonly (readonly [string, (inner: Read) => Read])[] = [
  ["was truncated", () => () => 0],
  ["has grown", (inner) => growing(inner)],
  [
    "cannot be read any more",
    () => () => {
      throw new Error("EIO");
    },
  ],
  ["cannot be read any more, told later", () => async () => Promise.reject(new Error("EIO"))],
];

function growing(inner: Read): Read {
  let hasGrown = false;
  return (target) => {
    const read = inner(target);
    if (read !== 0 || hasGrown) return read;
    hasGrown = true;
    target.fill(0x61, 0, 10);
    return 10;
  };
}

for (const [what, read] of FAULTS) {
  test(`a file that ${what} in the middle ends the connection without the termination octet`, async (t) => {
    const { maildrop, record } = misread(read);
    const fixture = await serving(t, { maildrop });
    const { client } = await fixture.enter(t);
    const answer = (await client.send("RETR 2\r\nRETR 1\r\nDELE 2\r\nQUIT\r\n").rest()).toString("latin1");
    assert.match(answer, /^\+OK 7 octets\r\nsmall\r\n\.\r\n\+OK \d+ octets\r\n0123/);
    assert.doesNotMatch(answer.slice(30), /\r\n\.\r\n/);
    await fixture.allClosed();
    assert.deepEqual(record.marked, [1], "only what was sent whole");
    assert.equal(fixture.lock.held, 0);
    assert.equal(fixture.log.of("session-failed").length, 1);
    assert.equal(fixture.log.of("message-removed").length, 0);
  });
}

for (const [what, octets] of [
  ["small", 40],
  ["large", WINDOW_OCTETS * 2],
] as const) {
  test(`wrong remembered octets of a ${what} message: the body is whole, the truth is remembered and logged`, async (t) => {
    const content = filled(octets, "123456789\n");
    const { maildrop } = recordedMaildrop(messages(content));
    const corrections: [number, number][] = [];
    const wrong: Maildrop = {
      ...maildrop,
      messages: { ...maildrop.messages, octetsAt: () => 7 },
      open: (position, target) => ({ ...(maildrop.open(position, target) as OpenMessage), octets: 7 }),
      correctOctets: (position, true_) => void corrections.push([position, true_]),
    };
    const fixture = await serving(t, { maildrop: wrong });
    const { client } = await fixture.enter(t);
    const status = await client.ask("RETR 1");
    const expected = wireForm(content);
    assert.ok((await client.octets(expected.length)).equals(expected));
    await client.ask("NOOP");
    const truth = content.length + content.split("\n").length - 1 + (content.endsWith("\n") ? 0 : 2);
    assert.equal(status, `+OK ${what === "small" ? truth : 7} octets`);
    assert.deepEqual(corrections, [[0, truth]]);
    assert.deepEqual(
      fixture.log.of("octets-corrected").map(({ announced, octets: is }) => [announced, is]),
      [[7, truth]],
    );
  });
}

test("property: sessions whose reads take their time never see each other's octets", async (t) => {
  const sizes = fc.array(fc.integer({ min: 0, max: WINDOW_OCTETS * 2 }), { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(
      fc.array(sizes, { minLength: 2, maxLength: 4 }),
      fc.array(fc.nat(3), { minLength: 1 }),
      async (all, delays) => {
        const fixture = await serving(t, {
          open: ({ name }) => ({
            type: "opened",
            maildrop: delayed(
              (all[Number(name.slice(1))] ?? []).map((octets) => mail(name, octets)),
              delays,
            ),
          }),
        });
        const clients: Pop3Client[] = [];
        while (clients.length < all.length) clients.push((await fixture.dial(t)).client);
        await Promise.all(clients.map((client, index) => collect(client, `u${index}`, all[index] ?? [])));
      },
    ),
    { numRuns: 15 },
  );
});

async function collect(client: Pop3Client, user: string, sizes: readonly number[]): Promise<void> {
  await client.login(user);
  client.send(sizes.map((_, position) => `RETR ${position + 1}\r\n`).join(""));
  for (const octets of sizes) {
    await client.line();
    const expected = wireForm(mail(user, octets));
    assert.ok((await client.octets(expected.length)).equals(expected), `${user}, ${octets} octets`);
  }
  client.reset();
}

const mail = (name: string, octets: number): string => filled(octets, `${name} of ${octets}\n.`);

const inMode = (io: "sync" | "async", content: string): Maildrop =>
  io === "sync" ? recordedMaildrop(messages(content)).maildrop : delayed([content], [1]);

/** Every call takes as many turns of the event loop as `delays` says. */
function delayed(contents: readonly string[], delays: readonly number[]): Maildrop {
  const { maildrop } = recordedMaildrop(messages(...contents));
  let pauses = 0;
  const pause = async (): Promise<void> => {
    for (let turns = delays[pauses++ % delays.length] ?? 0; turns > 0; turns--) await turn();
  };
  return {
    ...maildrop,
    readsAtOnce: false,
    async open(position, target) {
      await pause();
      const opened = maildrop.open(position, target) as OpenMessage;
      await pause();
      return {
        ...opened,
        async read(into) {
          await pause();
          const octets = await opened.read(into);
          await pause();
          return octets;
        },
      };
    },
  };
}
