import assert from "node:assert/strict";
import { test } from "node:test";
import { serving } from "../support/connection-fixture.js";
import { messages, recordedMaildrop, wireForm } from "../support/memory-maildrops.js";

const CONTENTS = ["Subject: one\n\n.dot\nlast", "", "Subject: three\r\n\r\n.\r\n..\r\n"];
const LOGIN = "USER ana\r\nPASS secret\r\n";
const GREETED = /^\+OK [^\r\n]*\r\n/;

/** What a client of those messages is told, but for the greeting. */
function expectedAnswers(): RegExp {
  const bodies = CONTENTS.map((content) => literal(wireForm(content).toString("latin1")));
  return new RegExp(
    `^\\+OK [^\\r\\n]*\r\n\\+OK [^\\r\\n]*\r\n\\+OK 3 53\r\n` +
      bodies.map((body) => `\\+OK [^\\r\\n]*\r\n${body}`).join("") +
      "\\+OK[^\\r\\n]*\r\n-ERR [^\\r\\n]*\r\n\\+OK[^\\r\\n]*\r\n\\+OK [^\\r\\n]*\r\n$",
  );
}

const literal = (text: string): string => text.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&");

const COMMANDS = `${LOGIN}STAT\r\nRETR 1\r\nRETR 2\r\nRETR 3\r\nDELE 2\r\nRETR 2\r\nNOOP\r\nQUIT\r\n`;

test("RFC 2449 §6.6: a whole session in one segment is answered in order, and with few writes", async (t) => {
  const { maildrop, record } = recordedMaildrop(messages(...CONTENTS));
  const fixture = await serving(t, { maildrop });
  const { client, socket } = await fixture.dial(t);
  let writes = 0;
  const write = socket.write;
  socket.write = ((...input: Parameters<typeof write>) => {
    writes++;
    return Reflect.apply(write, socket, input);
  }) as typeof write;
  const answer = (await client.send(COMMANDS).rest()).toString("latin1");
  assert.match(answer.replace(GREETED, ""), expectedAnswers());
  client.end();
  await fixture.allClosed();
  // After PASS the maildrop is opened, and QUIT waits for the removal: three turns of the event loop at least.
  assert.ok(writes <= 4, `${writes} writes`);
  assert.deepEqual(record, { removed: [1], marked: [0, 2], closed: 1, open: 0 });
  assert.equal(fixture.lock.leases[0]?.releases, 1);
});

test("commands cut at every octet are answered alike", async (t) => {
  const fixture = await serving(t, {
    open: () => ({ type: "opened", maildrop: recordedMaildrop(messages(...CONTENTS)).maildrop }),
  });
  const octets = Buffer.from(COMMANDS);
  for (let cut = 1; cut < octets.length; cut += 1) {
    const { client } = await fixture.dial(t);
    await client.send(octets.subarray(0, cut)).line();
    const answer = (await client.end(octets.subarray(cut).toString()).rest()).toString("latin1");
    assert.match(answer, expectedAnswers(), `cut after ${cut}`);
  }
});

test("a client that sends everything and its FIN gets every answer, and QUIT removes", async (t) => {
  const { maildrop, record } = recordedMaildrop(messages(...CONTENTS));
  const fixture = await serving(t, { maildrop });
  const { client } = await fixture.dial(t);
  const answer = (await client.end(COMMANDS).rest()).toString("latin1");
  assert.match(answer.replace(GREETED, ""), expectedAnswers());
  await fixture.allClosed();
  assert.deepEqual(record.removed, [1]);
  assert.equal(fixture.log.of("session-closed")[0]?.octetsOut, answer.length, "the log counts the last answer too");
});

test("RFC 1939 §6: a FIN without QUIT removes nothing", async (t) => {
  const { maildrop, record } = recordedMaildrop(messages(...CONTENTS));
  const fixture = await serving(t, { maildrop });
  const { client } = await fixture.dial(t);
  await client.end(COMMANDS.replace("QUIT\r\n", "")).rest();
  await fixture.allClosed();
  assert.deepEqual(record, { removed: [], marked: [0, 1, 2], closed: 1, open: 0 });
  assert.equal(fixture.log.of("session-closed")[0]?.reason, "end-of-stream");
});

test("what a maildrop of ours throws ends that session only, and nobody else is sent its answers", async (t) => {
  const broken = recordedMaildrop(messages("x"), {
    open: () => {
      throw new RangeError("a bug");
    },
  });
  const fixture = await serving(t, { maildrop: broken.maildrop });
  const { client } = await fixture.enter(t);
  const other = await fixture.enter(t);
  await client.send("NOOP\r\nRETR 1\r\n").rest();
  await fixture.allClosed();
  assert.equal(fixture.log.of("session-failed")[0]?.error, "RangeError: a bug");
  assert.equal(fixture.lock.leases[0]?.releases, 1);
  assert.match((await other.client.ask("STAT")) ?? "", /^\+OK 1 3$/);
});
