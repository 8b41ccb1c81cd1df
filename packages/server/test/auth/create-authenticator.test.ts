import assert from "node:assert/strict";
import { test } from "node:test";
import type { AuthenticationMethod } from "@postigo/protocol";
import { Secret } from "@postigo/protocol";
import type { AccountSource } from "#server/auth/account-source";
import type { Peer } from "#server/auth/authenticator";
import { createAuthenticator } from "#server/auth/create-authenticator";
import { createHashQueue } from "#server/auth/hash-queue";
import { createMemorySource } from "#server/auth/memory-source";
import { createThrottle } from "#server/auth/throttle";
import { parseUsersFile } from "#server/auth/users-file";
import { systemClock } from "#server/clock";

const PEER: Peer = {
  session: "s1",
  address: "192.0.2.7",
  port: 40000,
  localAddress: "192.0.2.1",
  localPort: 110,
  encrypted: true,
  apopStamp: undefined,
};

function authenticatorOver(...sources: AccountSource[]) {
  const clock = systemClock;
  const throttle = createThrottle({ clock, failuresBeforeDelay: 1000 });
  return createAuthenticator({
    sources,
    mechanisms: undefined,
    apop: false,
    clock,
    throttle,
    hashing: createHashQueue(),
    hostname: "pop.example.org",
  });
}

function password(user: string, text: string): AuthenticationMethod {
  return { type: "password", user, password: new Secret(Buffer.from(text)) };
}

const users = createMemorySource(
  parseUsersFile(
    "ana@example.org:{PLAIN}una contraseña ::::::\nbob:{PLAIN}s3cret:5000:5000::/home/bob::maildir=Maildir\n",
  ).accounts,
);

test("USER/PASS with the right password of a users file is accepted, at once", () => {
  assert.deepEqual(authenticatorOver(users).begin(password("bob", "s3cret"), PEER).next(), {
    type: "accepted",
    account: { name: "bob", maildir: "/home/bob/Maildir" },
  });
});

const REFUSED = [
  { name: "a wrong password", user: "bob", text: "S3cret", why: "wrong-credentials" },
  { name: "an unknown user", user: "Bob", text: "s3cret", why: "unknown-user" },
  { name: "a name that could leave the spool", user: "../bob", text: "s3cret", why: "forbidden-name" },
] as const;

for (const { name, user, text, why } of REFUSED) {
  test(`USER/PASS with ${name} is rejected`, () => {
    assert.deepEqual(authenticatorOver(users).begin(password(user, text), PEER).next(), {
      type: "rejected",
      user,
      why,
    });
  });
}

test("RFC 3206 §3: a source that throws makes the login unavailable, never an unknown user", () => {
  const broken: AccountSource = {
    find() {
      throw new Error("no connection");
    },
    secrets: () => [],
  };
  const step = authenticatorOver(broken).begin(password("bob", "s3cret"), PEER).next();
  assert.ok(!(step instanceof Promise));
  assert.equal(step.type, "unavailable");
});
