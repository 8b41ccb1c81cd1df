import assert from "node:assert/strict";
import { test } from "node:test";
import { parseTranscript } from "#server/cli/uids/transcript";

const parse = (text: string) => parseTranscript("file", Buffer.from(text, "latin1"));
const SESSION = `+OK ready
+OK
+OK Logged in.
+OK 2 messages:
1 100
2 200
.
+OK
1 a
2 b
.
+OK bye
`;

for (const { name, text } of [
  { name: "as nc shows it", text: SESSION },
  { name: "with CRLF", text: SESSION.replaceAll("\n", "\r\n") },
  {
    name: "with the commands between",
    text: SESSION.replace("+OK 2", "LIST\n+OK 2").replace("+OK\n1", "UIDL\n+OK\n1"),
  },
  { name: "without an end behind the listings", text: SESSION.replace("+OK bye\n", "") },
]) {
  test(`a transcript ${name} tells octets and unique-ids`, () => {
    assert.deepEqual(parse(text), [
      { octets: 100, uniqueId: "a" },
      { octets: 200, uniqueId: "b" },
    ]);
  });
}

test("unique-ids that are numbers are no scan listing", () => {
  assert.deepEqual(parse("+OK\n1 100\n.\n+OK\n1 7\n.\n"), [{ octets: 100, uniqueId: "7" }]);
});

test("a transcript of an empty maildrop has no messages", () => {
  assert.deepEqual(parse("+OK\n.\n+OK\n.\n"), []);
});

for (const { name, text, what } of [
  { name: "nothing", text: "", what: /two listings/ },
  { name: "a refused login", text: "+OK\n-ERR no\n-ERR no\n", what: /two listings/ },
  { name: "one listing", text: "+OK\n1 100\n.\n", what: /two listings/ },
  { name: "a listing that was cut off", text: "+OK\n1 100\n.\n+OK\n1 a\n", what: /two listings/ },
  { name: "three listings", text: "+OK\n.\n+OK\n.\n+OK\n.\n", what: /two listings/ },
  { name: "UIDL before LIST", text: "+OK\n1 a\n.\n+OK\n1 100\n.\n", what: /LIST comes before UIDL/ },
  {
    name: "listings of different length",
    text: "+OK\n1 100\n2 5\n.\n+OK\n1 a\n.\n",
    what: /LIST names 2 messages and UIDL 1/,
  },
  { name: "listings of different numbers", text: "+OK\n1 100\n.\n+OK\n2 a\n.\n", what: /UIDL does not name message 1/ },
] as const) {
  test(`a transcript with ${name} is refused, with the file and what to do`, () => {
    assert.throws(
      () => parse(text),
      (error: Error) => {
        assert.match(error.message, /^file: .*Take it anew: LIST, UIDL, QUIT in one session$/);
        assert.match(error.message, what);
        return true;
      },
    );
  });
}
