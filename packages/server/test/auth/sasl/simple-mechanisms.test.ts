import assert from "node:assert/strict";
import { createHash, createHmac } from "node:crypto";
import { test } from "node:test";
import fc from "fast-check";
import { makeApopStamp } from "#server/auth/apop-stamp";
import { beginHmacMd5, finishHmacMd5 } from "#server/auth/hmac-md5";
import { benchOver, PEER, sasl, secret } from "../support/authenticator-bench.js";

const LINES = ["tim@example.org:{PLAIN}tanstaaftanstaaf", "bob smith:{PLAIN}contraseña", "Kurt:{PLAIN}xipj3plmq"];
const ACCEPTED = (name: string) => ({ type: "accepted", account: { name, maildir: undefined } });
const MALFORMED = { type: "rejected", user: undefined, why: "malformed-response" };

const PLAIN = [
  { name: "the right password", message: "\0Kurt\0xipj3plmq", expected: ACCEPTED("Kurt") },
  { name: "an authzid that is the user", message: "Kurt\0Kurt\0xipj3plmq", expected: ACCEPTED("Kurt") },
  {
    name: "a user and a password with spaces and 8-bit",
    message: "\0bob smith\0contraseña",
    expected: ACCEPTED("bob smith"),
  },
  {
    name: "an authzid that is another",
    message: "Ursel\0Kurt\0xipj3plmq",
    expected: { type: "rejected", user: "Kurt", why: "wrong-credentials" },
  },
  {
    name: "a wrong password",
    message: "\0Kurt\0xipj3plmQ",
    expected: { type: "rejected", user: "Kurt", why: "wrong-credentials" },
  },
  { name: "an unknown user", message: "\0kurt\0x", expected: { type: "rejected", user: "kurt", why: "unknown-user" } },
  { name: "one NUL", message: "Kurt\0xipj3plmq", expected: MALFORMED },
  { name: "three NULs", message: "\0Kurt\0xipj3plmq\0", expected: MALFORMED },
  { name: "no user", message: "\0\0xipj3plmq", expected: MALFORMED },
  { name: "no password", message: "\0Kurt\0", expected: MALFORMED },
  { name: "nothing", message: "", expected: MALFORMED },
  { name: "a user that is no UTF-8", message: Buffer.from([0, 0xff, 0, 0x61]), expected: MALFORMED },
];
for (const { name, message, expected } of PLAIN) {
  test(`RFC 4616 §2: PLAIN with ${name}`, async () => {
    const { authenticator } = benchOver(LINES);
    assert.deepEqual(await authenticator.begin(sasl("PLAIN", message), PEER).next(), expected);
    const stepwise = authenticator.begin(sasl("PLAIN"), PEER);
    assert.deepEqual(await stepwise.next(), { type: "challenge", octets: new Uint8Array() });
    assert.deepEqual(await stepwise.next(secret(message)), expected);
  });
}

test("LOGIN asks for user name and password in the words clients look for", async () => {
  const exchange = benchOver(LINES).authenticator.begin(sasl("LOGIN"), PEER);
  assert.deepEqual(await exchange.next(), { type: "challenge", octets: Buffer.from("Username:") });
  assert.deepEqual(await exchange.next(secret("bob smith")), { type: "challenge", octets: Buffer.from("Password:") });
  assert.deepEqual(await exchange.next(secret("contraseña")), ACCEPTED("bob smith"));
});

test("LOGIN takes an initial response for the user name", async () => {
  const exchange = benchOver(LINES).authenticator.begin(sasl("LOGIN", "Kurt"), PEER);
  assert.deepEqual(await exchange.next(), { type: "challenge", octets: Buffer.from("Password:") });
  assert.deepEqual(await exchange.next(secret("x")), { type: "rejected", user: "Kurt", why: "wrong-credentials" });
});

for (const [user, text] of [
  ["", "x"],
  ["Kurt", ""],
  ["Ku\0rt", "x"],
  ["Kurt", "xipj3plmq\0"],
] as const) {
  test(`LOGIN with ${JSON.stringify([user, text])} is malformed`, async () => {
    const exchange = benchOver(LINES).authenticator.begin(sasl("LOGIN"), PEER);
    await exchange.next();
    const asked = await exchange.next(secret(user));
    assert.deepEqual(asked.type === "challenge" ? await exchange.next(secret(text)) : asked, MALFORMED);
  });
}

test("RFC 2195 §2: the example digest, from the password and from stored states", () => {
  const challenge = Buffer.from("<1896.697170952@postoffice.reston.mci.net>");
  const states = beginHmacMd5(Buffer.from("tanstaaftanstaaf"));
  assert.equal(Buffer.from(finishHmacMd5(states, challenge)).toString("hex"), "b913a602c7eda7a495b4e6e7334d3890");
});

test("HMAC-MD5 begun and finished is HMAC-MD5, for keys and messages of any length", () => {
  const octets = fc.uint8Array({ maxLength: 200 });
  fc.assert(
    fc.property(octets, octets, (key, message) => {
      const whole = createHmac("md5", key).update(message).digest();
      assert.deepEqual(Buffer.from(finishHmacMd5(beginHmacMd5(key), message)), whole);
    }),
  );
});

const cramDigest = (key: string, challenge: Uint8Array) => createHmac("md5", key).update(challenge).digest("hex");
const CRAM = [
  { name: "the right digest", user: "Kurt", respond: (d: string) => `Kurt ${d}`, key: "xipj3plmq", ok: true },
  {
    name: "a user with a space",
    user: "bob smith",
    respond: (d: string) => `bob smith ${d}`,
    key: "contraseña",
    ok: true,
  },
  { name: "a wrong password", user: "Kurt", respond: (d: string) => `Kurt ${d}`, key: "x", ok: false },
  {
    name: "upper-case digits",
    user: undefined,
    respond: (d: string) => `Kurt ${d.toUpperCase()}A`,
    key: "xipj3plmq",
    ok: false,
  },
  {
    name: "a digest cut short",
    user: undefined,
    respond: (d: string) => `Kurt ${d.slice(1)}`,
    key: "xipj3plmq",
    ok: false,
  },
  { name: "no user", user: undefined, respond: (d: string) => ` ${d}`, key: "xipj3plmq", ok: false },
  { name: "nothing", user: undefined, respond: () => "", key: "", ok: false },
];
for (const { name, user, respond, key, ok } of CRAM) {
  test(`RFC 2195 §2: CRAM-MD5 with ${name} is ${ok ? "accepted" : "rejected"}`, async () => {
    const exchange = benchOver(LINES).authenticator.begin(sasl("CRAM-MD5"), PEER);
    const asked = await exchange.next();
    assert.equal(asked.type, "challenge");
    assert.match(Buffer.from(asked.octets).toString(), /^<[0-9a-f]{32}\.[0-9a-z]+@pop\.example\.org>$/);
    const step = await exchange.next(secret(respond(cramDigest(key, asked.octets))));
    assert.equal(step.type, ok ? "accepted" : "rejected");
    if (step.type === "rejected") assert.equal(step.user, user);
  });
}

test("CRAM-MD5 works from the states Dovecot keeps", async () => {
  const line = "bob:{CRAM-MD5}e02d374fde0dc75a17a557039a3a5338c7743304777dccd376f332bee68d2cf6";
  const exchange = benchOver([line]).authenticator.begin(sasl("CRAM-MD5"), PEER);
  const asked = await exchange.next();
  assert.equal(asked.type, "challenge");
  assert.deepEqual(await exchange.next(secret(`bob ${cramDigest("test", asked.octets)}`)), ACCEPTED("bob"));
});

test("RFC 4422 §5: an initial response to a mechanism in which the server speaks first is malformed", async () => {
  for (const initial of ["", "Kurt 0123456789abcdef0123456789abcdef"]) {
    assert.deepEqual(await benchOver(LINES).authenticator.begin(sasl("CRAM-MD5", initial), PEER).next(), MALFORMED);
  }
});

test("RFC 1939 §7: the example digest of APOP", async () => {
  const { authenticator } = benchOver(["mrose:{PLAIN}tanstaaf"], { apop: true });
  const peer = { ...PEER, apopStamp: "<1896.697170952@dbc.mtview.ca.us>" };
  const apop = (digest: string) => authenticator.begin({ type: "apop", user: "mrose", digest }, peer).next();
  assert.deepEqual(await apop("c4c9334bac560ecc979e58001b3e22fb"), ACCEPTED("mrose"));
  assert.deepEqual(await apop("c4c9334bac560ecc979e58001b3e22fc"), {
    type: "rejected",
    user: "mrose",
    why: "wrong-credentials",
  });
  assert.deepEqual(await apop("c4c9"), { type: "rejected", user: "mrose", why: "malformed-response" });
});

test("APOP is refused without a stamp, and where it is not switched on", async () => {
  const digest = createHash("md5").update("<1.1@x>tanstaaf").digest("hex");
  const method = { type: "apop", user: "mrose", digest } as const;
  const step = { type: "rejected", user: "mrose", why: "mechanism-not-possible" };
  const on = benchOver(["mrose:{PLAIN}tanstaaf"], { apop: true }).authenticator;
  const off = benchOver(["mrose:{PLAIN}tanstaaf"]).authenticator;
  assert.deepEqual(await on.begin(method, PEER).next(), step);
  assert.deepEqual(await off.begin(method, { ...PEER, apopStamp: "<1.1@x>" }).next(), step);
});

for (const hostname of [
  "pop.example.org",
  "mail-1.example.org",
  "bücher.example",
  "_x..y.",
  "",
  "192.0.2.1",
  "fe80::1",
]) {
  test(`the stamp of ${JSON.stringify(hostname)} holds letters, digits and dots only, around one @`, () => {
    const stamp = makeApopStamp(hostname, 1_700_000_000_000.5);
    assert.match(stamp, /^<[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*@[A-Za-z0-9]+(?:\.[A-Za-z0-9]+)*>$/);
    assert.notEqual(stamp, makeApopStamp(hostname, 1_700_000_000_000.5));
  });
}
