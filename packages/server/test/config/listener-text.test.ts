import assert from "node:assert/strict";
import { test } from "node:test";
import { formatListener, type ListenerText, parseListenerText } from "#server/config/listener-text";

const GOOD: readonly (readonly [string, ListenerText])[] = [
  ["127.0.0.1:1110", { address: "127.0.0.1", port: 1110, tls: undefined }],
  ["[::1]:1110", { address: "::1", port: 1110, tls: undefined }],
  ["[::]:0", { address: "::", port: 0, tls: undefined }],
  ["[fe80::1%eth0]:110", { address: "fe80::1%eth0", port: 110, tls: undefined }],
  ["tls://0.0.0.0:995", { address: "0.0.0.0", port: 995, tls: "implicit" }],
  ["starttls://[::]:110", { address: "::", port: 110, tls: "starttls" }],
  ["none://127.0.0.1:110", { address: "127.0.0.1", port: 110, tls: "none" }],
  ["localhost:110", { address: "localhost", port: 110, tls: undefined }],
];

for (const [word, expected] of GOOD) {
  test(`${word} names a listener`, () => assert.deepEqual(parseListenerText(word), expected));
}

for (const word of [
  "",
  "1110",
  ":1110",
  "127.0.0.1",
  "127.0.0.1:",
  "::1:1110",
  "[::1]",
  "pop3://127.0.0.1:110",
  "127.0.0.1:1e3",
  "127.0.0.1:999999",
  "tls://",
  "127.0.0.1:110 ",
]) {
  test(`"${word}" names no listener`, () => assert.equal(parseListenerText(word), undefined));
}

test("an IPv6 address is printed in brackets", () => {
  assert.equal(formatListener({ address: "::1", port: 110 }), "[::1]:110");
  assert.equal(formatListener({ address: "127.0.0.1", port: 110 }), "127.0.0.1:110");
});
