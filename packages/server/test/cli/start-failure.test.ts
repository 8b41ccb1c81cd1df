import assert from "node:assert/strict";
import { test } from "node:test";
import { CommandError } from "#server/cli/exit-code";
import { startFailure } from "#server/cli/start-failure";
import { PrivilegeError } from "#server/lifecycle/privileges";

const bindError = (code: string, address = "127.0.0.1", port = 110): Error =>
  Object.assign(new Error(`listen ${code}: ${address}:${port}`), { code, address, port, syscall: "listen" });

const ROWS: readonly { readonly error: unknown; readonly code: number; readonly says: RegExp }[] = [
  {
    error: bindError("EADDRINUSE"),
    code: 69,
    says: /^127\.0\.0\.1:110 is in use by another program; end it \(ss -ltnp 'sport = :110'/,
  },
  { error: bindError("EADDRINUSE", "::1"), code: 69, says: /^\[::1\]:110 is in use/ },
  {
    error: bindError("EACCES"),
    code: 77,
    says: /^127\.0\.0\.1:110 may not be bound by this user; .*CAP_NET_BIND_SERVICE/,
  },
  {
    error: bindError("EADDRNOTAVAIL", "192.0.2.1"),
    code: 78,
    says: /^no interface of this machine has the address 192\.0\.2\.1/,
  },
  { error: bindError("EAFNOSUPPORT", "::"), code: 78, says: /speaks no IPv6/ },
  { error: bindError("ENOBUFS"), code: 69, says: /^cannot listen on 127\.0\.0\.1:110: / },
  {
    error: new PrivilegeError("user", 'there is no user "x"', "create it"),
    code: 77,
    says: /^user: there is no user "x"; create it$/,
  },
  { error: Object.assign(new Error("ENOENT: x"), { code: "ENOENT" }), code: 66, says: /^cannot start: ENOENT: x$/ },
  { error: Object.assign(new Error("EACCES: x"), { code: "EACCES" }), code: 77, says: /^cannot start: EACCES: x$/ },
  { error: new Error("something else"), code: 78, says: /^cannot start: something else$/ },
  { error: "a text", code: 78, says: /^cannot start: a text$/ },
];

for (const { error, code, says } of ROWS) {
  test(`${String(error)} ends with ${code} and a remedy`, () => {
    const failure = startFailure(error);
    assert.match(failure.message, says);
    assert.equal(failure.code, code);
  });
}

test("what is explained already stays as it is", () => {
  const explained = new CommandError(78, "explained");
  assert.equal(startFailure(explained), explained);
});
