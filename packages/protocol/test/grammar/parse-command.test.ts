import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Command, Malformed } from "#protocol/grammar/command";
import { parseCommand } from "#protocol/grammar/parse-command";
import { Secret } from "#protocol/secret";
import { textOf } from "../support/octets.js";
import { spanOf } from "../support/spans.js";

const DIGEST = "c4c9334bac560ecc979e58001b3e22fb";

const COMMANDS: readonly { readonly line: string; readonly command: object }[] = [
  { line: "NOOP", command: { verb: "NOOP" } },
  { line: "noop", command: { verb: "NOOP" } },
  { line: "nOoP", command: { verb: "NOOP" } },
  { line: "NOOP   ", command: { verb: "NOOP" } },
  { line: "STAT", command: { verb: "STAT" } },
  { line: "RSET", command: { verb: "RSET" } },
  { line: "QUIT", command: { verb: "QUIT" } },
  { line: "CAPA", command: { verb: "CAPA" } },
  { line: "STLS", command: { verb: "STLS" } },
  { line: "utf8", command: { verb: "UTF8" } },
  { line: "LANG", command: { verb: "LANG", language: undefined } },
  { line: "LANG es-MX ", command: { verb: "LANG", language: "es-MX" } },
  { line: "LIST", command: { verb: "LIST", message: undefined } },
  { line: "LIST ", command: { verb: "LIST", message: undefined } },
  { line: "LIST 1", command: { verb: "LIST", message: 1 } },
  { line: "list 1 ", command: { verb: "LIST", message: 1 } },
  { line: "LIST 0", command: { verb: "LIST", message: 0 } },
  { line: "LIST 007", command: { verb: "LIST", message: 7 } },
  { line: "UIDL 12345678", command: { verb: "UIDL", message: 12_345_678 } },
  { line: "RETR 9007199254740991", command: { verb: "RETR", message: Number.MAX_SAFE_INTEGER } },
  { line: "RETR 99999999999999999999", command: { verb: "RETR", message: Number.MAX_SAFE_INTEGER } },
  { line: "DELE 2", command: { verb: "DELE", message: 2 } },
  { line: "TOP 1 0", command: { verb: "TOP", message: 1, bodyLines: 0 } },
  { line: "top 1 10  ", command: { verb: "TOP", message: 1, bodyLines: 10 } },
  { line: "TOP 1 2147483647", command: { verb: "TOP", message: 1, bodyLines: 2_147_483_647 } },
  { line: "TOP 1 2147483648", command: { verb: "TOP", message: 1, bodyLines: 2_147_483_647 } },
  { line: "TOP 1 4294967297", command: { verb: "TOP", message: 1, bodyLines: 2_147_483_647 } },
  { line: "USER mrose", command: { verb: "USER", user: "mrose" } },
  { line: "USER m rose ", command: { verb: "USER", user: "m rose" } },
  { line: "USER  mrose", command: { verb: "USER", user: " mrose" } },
  { line: "USER 100%", command: { verb: "USER", user: "100%" } },
  { line: "USER jos\xc3\xa9", command: { verb: "USER", user: "josé" } },
  { line: "USER \xf0\x9f\x94\x91", command: { verb: "USER", user: "🔑" } },
  { line: "USER jos\xe9", command: { verb: "USER", user: undefined } },
  { line: "USER \xc0\x80", command: { verb: "USER", user: undefined } },
  { line: "USER \xed\xa0\x80", command: { verb: "USER", user: undefined } },
  { line: "PASS x", command: { verb: "PASS", password: "x", wellFormed: true } },
  { line: "PASS  x ", command: { verb: "PASS", password: " x ", wellFormed: true } },
  { line: "PASS  ", command: { verb: "PASS", password: " ", wellFormed: true } },
  { line: "PASS \xc3\xa9", command: { verb: "PASS", password: "\xc3\xa9", wellFormed: true } },
  { line: "PASS \xe9", command: { verb: "PASS", password: "\xe9", wellFormed: false } },
  { line: `APOP mrose ${DIGEST}`, command: { verb: "APOP", user: "mrose", digest: DIGEST } },
  { line: `APOP m rose ${DIGEST.toUpperCase()} `, command: { verb: "APOP", user: "m rose", digest: DIGEST } },
  { line: `APOP \xe9 ${DIGEST}`, command: { verb: "APOP", user: undefined, digest: DIGEST } },
  { line: "AUTH", command: { verb: "AUTH", mechanism: undefined, initialResponse: undefined } },
  { line: "AUTH  ", command: { verb: "AUTH", mechanism: undefined, initialResponse: undefined } },
  { line: "AUTH plain", command: { verb: "AUTH", mechanism: "PLAIN", initialResponse: undefined } },
  { line: "AUTH plain ", command: { verb: "AUTH", mechanism: "PLAIN", initialResponse: undefined } },
  { line: "AUTH PLAIN =", command: { verb: "AUTH", mechanism: "PLAIN", initialResponse: "" } },
  { line: "AUTH PLAIN AGEAYg==", command: { verb: "AUTH", mechanism: "PLAIN", initialResponse: "\0a\0b" } },
];

const MALFORMED: readonly { readonly line: string; readonly fault: Malformed["fault"] }[] = [
  ...[
    "",
    " ",
    "X",
    "XX",
    "XXX",
    "XYZZY",
    "STATS",
    "TO",
    "TOPS",
    " STAT",
    "LAST",
    "ST\xc1T",
    "\xff",
    "GET / HTTP/1.0",
  ].map((line) => ({ line, fault: "unknown-command" as const })),
  ...["NOOP x", "STAT 1", "QUIT now", "RSET 1", "CAPA x", "STLS x", "UTF8 x"].map(badArgument),
  ...["RETR", "RETR ", "RETR -1", "RETR +1", "RETR 1x", "RETR x1", "RETR 1.5", "RETR 1 2", "RETR  1", "RETR 0x1"].map(
    badArgument,
  ),
  ...["LIST -1", "LIST  1", "UIDL one", "DELE", "DELE 1e0", "RETR \xb2", "RETR 1,2", "RETR 1/", "RETR 1:"].map(
    badArgument,
  ),
  ...["TOP", "TOP 1", "TOP 1 ", "TOP 1  2", "TOP x 1", "TOP 1 x", "TOP 1 2 3", "TOP -1 2", "TOP 1 -2", "TOP  1 2"].map(
    badArgument,
  ),
  ...["USER", "USER ", "USER    ", "PASS", "PASS "].map(badArgument),
  ...["APOP", "APOP mrose", `APOP ${DIGEST}`, `APOP  ${DIGEST}`, `APOP mrose ${DIGEST}0`, "APOP mrose zz"].map(
    badArgument,
  ),
  ...["AUTH PLAIN A", "AUTH PLAIN AA=", "AUTH PLAIN ==", "AUTH PLAIN  AAAA", "AUTH PLAIN AAAA AAAA"].map(badArgument),
  ...["\0", "NOOP\t", "NO\rOP", "USER a\x7fb", "PASS \x01", "XYZZY\x1b", "LIST\x001"].map((line) => ({
    line,
    fault: "control-octet" as const,
  })),
];

function badArgument(line: string): { line: string; fault: "bad-argument" } {
  return { line, fault: "bad-argument" };
}

/** Secrets as text, so that they can be compared. */
function revealed(command: Command | Malformed): object {
  const entries = Object.entries(command).map(([key, value]) => [
    key,
    value instanceof Secret ? textOf(value.reveal()) : value,
  ]);
  return Object.fromEntries(entries);
}

describe("a command line", () => {
  for (const { line, command } of COMMANDS) {
    test(`${JSON.stringify(line)} is ${JSON.stringify(command)}`, () => {
      assert.deepEqual(revealed(parseCommand(spanOf(line))), command);
    });
  }
  for (const { line, fault } of MALFORMED) {
    test(`${JSON.stringify(line)} is no command: ${fault}`, () => {
      assert.deepEqual(parseCommand(spanOf(line)), { verb: "malformed", fault });
    });
  }
  test("keeps nothing of the memory it lay in", () => {
    const span = spanOf("PASS secret");
    const command = parseCommand(span);
    span.octets.fill(0);
    assert.ok(command.verb === "PASS");
    assert.equal(textOf(command.password.reveal()), "secret");
  });
});
