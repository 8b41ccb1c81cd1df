// What another server may say, and what is made of it.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { type TestContext, test } from "node:test";
import { CommandError, EXIT } from "#server/cli/exit-code";
import { fetchListing, type ListedMessage } from "#server/cli/uids/pop3-client";

const LOGIN = { name: "ana", password: Buffer.from("wonderland") };

/** Answers each line of the client with the next of `answers`, in pieces of `size` octets; ends behind the last. */
const serverOf = async (t: TestContext, answers: readonly string[], size = 1000) => {
  const heard: string[] = [];
  const server = createServer((socket) => {
    const left = [...answers];
    const answer = (): void => say(socket, left.shift(), size);
    answer();
    socket
      .on("error", () => undefined)
      .on("data", (chunk) => {
        heard.push(chunk.toString("latin1"));
        answer();
      });
  }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await once(server, "listening");
  const address = server.address();
  assert.ok(address && typeof address === "object");
  const list = (login = LOGIN, deadlineMs?: number): Promise<readonly ListedMessage[]> =>
    fetchListing({ host: "127.0.0.1", port: address.port, tls: "none" }, login, deadlineMs);
  return { heard, list };
};

const say = (socket: Socket, text: string | undefined, size: number): void => {
  if (text === undefined) socket.end();
  else for (let at = 0; at < text.length; at += size) socket.write(Buffer.from(text.slice(at, at + size), "latin1"));
};

const GOOD = ["+OK\r\n", "+OK\r\n", "+OK\r\n", "+OK\r\n1 10\r\n3 30\r\n.\r\n", "+OK\r\n1 a\r\n3 c\r\n.\r\n", "+OK\r\n"];

for (const size of [1, 2, 3, 7, 1000]) {
  test(`both listings are read, in pieces of ${size} octets`, async (t) => {
    const { heard, list } = await serverOf(t, GOOD, size);
    assert.deepEqual(await list(), [
      { number: 1, octets: 10, uniqueId: "a" },
      { number: 3, octets: 30, uniqueId: "c" },
    ]);
    assert.equal(heard.join(""), "USER ana\r\nPASS wonderland\r\nLIST\r\nUIDL\r\nQUIT\r\n");
  });
}

for (const { name, answers, what } of [
  {
    name: "refuses the login",
    answers: ["+OK\r\n", "+OK\r\n", "-ERR [AUTH] no\r\n"],
    what: /PASS was answered "-ERR \[AUTH\] …"/,
  },
  { name: "is no POP3 server", answers: ["SSH-2.0\r\n"], what: /its greeting was answered "SSH-2.0"/ },
  { name: "hangs up", answers: ["+OK\r\n"], what: /it ended the connection/ },
  { name: "sends a line without an end", answers: [`+OK${"x".repeat(10_000)}`], what: /a line without an end/ },
  { name: "does not know UIDL", answers: [...GOOD.slice(0, 4), "-ERR\r\n"], what: /UIDL was answered "-ERR …"/ },
  {
    name: "lists what is no message",
    answers: [...GOOD.slice(0, 3), "+OK\r\nx\r\n.\r\n"],
    what: /its answer to LIST cannot be read/,
  },
]) {
  test(`a server that ${name} is told with its address, and without the password`, async (t) => {
    const { list } = await serverOf(t, answers);
    await assert.rejects(list(), (error) => {
      assert.ok(error instanceof CommandError);
      assert.equal(error.code, EXIT.unavailable);
      assert.match(error.message, what);
      assert.match(error.message, /^127\.0\.0\.1:\d+: /);
      assert.doesNotMatch(error.message, /wonderland/);
      return true;
    });
  });
}

for (const said of [
  "-ERR bad PASS wonderland",
  "-ERR [AUTH] PASS WONDERLAND",
  "-ERR [wonderland] no",
  `-ERR ${"x".repeat(190)} wonderland`,
  "-ERR no such word: w\\o\\n\\d\\e\\r\\l\\a\\n\\d",
  "wonderland",
]) {
  for (const [at, command] of ["PASS", "LIST", "UIDL", "QUIT"].entries()) {
    test(`a server that answers ${command} with the password (${said.slice(0, 24)}) is told without a word of it`, async (t) => {
      const { list } = await serverOf(t, [...GOOD.slice(0, at + 2), `${said}\r\n`]);
      await assert.rejects(list(), (error) => {
        assert.ok(error instanceof CommandError);
        assert.match(error.message, new RegExp(`: ${command} was answered "(-ERR (\\[AUTH\\] )?)?…"$`));
        return true;
      });
    });
  }
}

test("a port where nobody listens is told", async () => {
  await assert.rejects(
    fetchListing({ host: "127.0.0.1", port: 1, tls: "none" }, LOGIN),
    /127\.0\.0\.1:1: .*ECONNREFUSED/,
  );
});

test("a password with a line end would be two commands, and is refused", async (t) => {
  const { heard, list } = await serverOf(t, GOOD);
  await assert.rejects(
    list({ name: "ana", password: Buffer.from("x\r\nQUIT") }),
    /what PASS is to carry holds a line end/,
  );
  await assert.rejects(list({ name: "ana\n", password: Buffer.from("x") }), /what USER is to carry holds a line end/);
  assert.equal(heard.join(""), "USER ana\r\n");
});

test("a server that never ends its answer is given up", async (t) => {
  const { list } = await serverOf(
    t,
    GOOD.map((answer) => answer.replace(".\r\n", "")),
  );
  await assert.rejects(list(LOGIN, 200), { message: /^127\.0\.0\.1:\d+: it was not done after 0\.2 s$/ });
});
