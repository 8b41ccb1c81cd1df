import assert from "node:assert/strict";
import { test } from "node:test";
import { createAccountDirectory } from "#server/auth/account-directory";
import type { AuthenticationStep, Authenticator } from "#server/auth/authenticator";
import { createHashQueue } from "#server/auth/hash-queue";
import { scramDialogue } from "#server/auth/sasl/scram";
import { createScramKeyring } from "#server/auth/scram-keyring";
import { deriveScramKeys } from "#server/auth/scram-keys";
import type { ScramMechanism } from "#server/auth/stored-secret";
import { benchOver, PEER, sasl, secret, sourceOf } from "../support/authenticator-bench.js";
import { createScramClient } from "../support/scram-client.js";

/** RFC 5802 §5 and RFC 7677 §3: the whole exchange, word for word. */
const EXAMPLES = [
  {
    rfc: "RFC 5802 §5",
    mechanism: "SCRAM-SHA-1",
    salt: "QSXCR+Q6sek8bf92",
    serverNonce: "3rfcNHYJY1ZVvWVs7j",
    exchange: [
      "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
      "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
      "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
      "v=rmF9pqV8S7suAoZWja4dJRkFsKQ=",
    ],
  },
  {
    rfc: "RFC 7677 §3",
    mechanism: "SCRAM-SHA-256",
    salt: "W22ZaJ0SNY7soEsUEjb6gQ==",
    serverNonce: "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
    exchange: [
      "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
      "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
      "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
      "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4=",
    ],
  },
] as const;

for (const { rfc, mechanism, salt, serverNonce, exchange } of EXAMPLES) {
  test(`${rfc}: the example exchange of ${mechanism}, octet for octet`, async () => {
    const stored = await storedSecret(mechanism, Buffer.from(salt, "base64"));
    const directory = createAccountDirectory([sourceOf([`user:${stored}`])], new Uint8Array(32));
    const dialogue = scramDialogue(mechanism, {
      attempt: { peer: PEER, cancelled: false, claims: () => {} },
      check: () => assert.fail("SCRAM sees no password"),
      claim: (user) => directory.claim(user),
      scram: createScramKeyring(createHashQueue(), new Uint8Array(32)),
      challengeStamp: () => assert.fail("SCRAM needs no stamp"),
      nonce: () => serverNonce,
    });
    const [first, serverFirst, final, serverFinal] = exchange;
    assert.equal(challengeOf(await dialogue.next(Buffer.from(first))), serverFirst);
    assert.equal(challengeOf(await dialogue.next(Buffer.from(final))), serverFinal);
    assert.deepEqual(await dialogue.next(new Uint8Array()), {
      type: "accepted",
      account: { name: "user", maildir: undefined },
    });
  });
}

const KEPT = [
  { kept: "in plain text", line: async () => "user:{PLAIN}pencil" },
  {
    kept: "as keys",
    line: async (mechanism: ScramMechanism) => `user:${await storedSecret(mechanism, Buffer.from("salt"))}`,
  },
];
for (const mechanism of ["SCRAM-SHA-1", "SCRAM-SHA-256"] as const) {
  for (const { kept, line } of KEPT) {
    const options = { mechanisms: [mechanism] };
    test(`${mechanism} against an account kept ${kept}: the right password is accepted, with the server's signature`, async () => {
      const { authenticator } = benchOver([await line(mechanism)], options);
      for (const initial of [true, false]) {
        const ended = await scramLogin(authenticator, mechanism, "user", "pencil", initial);
        assert.equal(ended.step.type, "accepted");
        assert.equal(ended.serverFinal, ended.expected);
      }
    });

    test(`${mechanism} against an account kept ${kept}: a wrong password ends without a signature`, async () => {
      const { authenticator } = benchOver([await line(mechanism)], options);
      const ended = await scramLogin(authenticator, mechanism, "user", "Pencil");
      assert.deepEqual(ended.step, { type: "rejected", user: "user", why: "wrong-credentials" });
      assert.equal(ended.serverFinal, "");
    });
  }
}

test("RFC 5802 §5.1: a name with a comma and an equals sign arrives as it is", async () => {
  const { authenticator } = benchOver(["a=b,c:{PLAIN}pencil"]);
  assert.equal((await scramLogin(authenticator, "SCRAM-SHA-256", "a=b,c", "pencil")).step.type, "accepted");
});

test("RFC 4013 §2: a password kept in plain text is prepared before it is hashed", async () => {
  const { authenticator } = benchOver(["user:{PLAIN}I\u00adX \u00aa"]);
  assert.equal((await scramLogin(authenticator, "SCRAM-SHA-256", "user", "IX a")).step.type, "accepted");
});

test("a client that does not prepare its password is let in with the one that stands in the file", async () => {
  const { authenticator } = benchOver(["user:{PLAIN}pa\u00aa"]);
  assert.equal((await scramLogin(authenticator, "SCRAM-SHA-256", "user", "pa\u00aa")).step.type, "accepted");
});

const BAD_FIRST = [
  { name: "asks for channel binding", message: "p=tls-unique,,n=user,r=abcdefghijkl" },
  { name: "has no gs2 header", message: "n=user,r=abcdefghijkl" },
  { name: "has a mandatory extension", message: "n,,m=x,n=user,r=abcdefghijkl" },
  { name: "has no nonce", message: "n,,n=user" },
  { name: "has an empty nonce", message: "n,,n=user,r=" },
  { name: "has a nonce of 7 characters", message: "n,,n=user,r=abcdefg" },
  { name: "has a nonce of 513 characters", message: `n,,n=user,r=${"a".repeat(513)}` },
  { name: "has a nonce with a space", message: "n,,n=user,r=abcdef ghijkl" },
  { name: "has no name", message: "n,,n=,r=abcdefghijkl" },
  { name: "has a bare = in the name", message: "n,,n=us=er,r=abcdefghijkl" },
  { name: "has a lower-case escape", message: "n,,n=us=2cer,r=abcdefghijkl" },
  { name: "is no UTF-8", message: Buffer.from([0x6e, 0x2c, 0x2c, 0x6e, 0x3d, 0xff, 0x2c, 0x72, 0x3d, 0x61]) },
  { name: "is empty", message: "" },
];
for (const { name, message } of BAD_FIRST) {
  test(`RFC 5802 §7: a client-first message that ${name} is malformed`, async () => {
    const { authenticator } = benchOver(["user:{PLAIN}pencil"]);
    const step = await authenticator.begin(sasl("SCRAM-SHA-256", message), PEER).next();
    assert.deepEqual(step, { type: "rejected", user: undefined, why: "malformed-response" });
  });
}

const GOOD_FIRST = [
  { name: "y,, – the client could bind, no -PLUS is announced", gs2Header: "y,,", ok: true },
  { name: "an authzid that is the user", gs2Header: "n,a=user,", ok: true },
  { name: "an authzid that is another", gs2Header: "n,a=root,", ok: false },
];
for (const { name, gs2Header, ok } of GOOD_FIRST) {
  test(`RFC 5802 §5.1: ${name}: ${ok ? "accepted" : "rejected"}`, async () => {
    const { authenticator } = benchOver(["user:{PLAIN}pencil"]);
    const ended = await scramLogin(authenticator, "SCRAM-SHA-256", "user", "pencil", true, { gs2Header });
    assert.equal(ended.step.type, ok ? "accepted" : "rejected");
  });
}

const SPOILT_FINAL = [
  { name: "with another nonce", spoil: (final: string) => final.replace(/,r=./, ",r=Z") },
  { name: "with the client's nonce only", spoil: (final: string) => final.replace(/,r=[^,]*/, ",r=clientnonce0123") },
  { name: "with another gs2 header", spoil: (final: string) => final.replace("c=biws", "c=eSws") },
  { name: "with c= that is no base64", spoil: (final: string) => final.replace("c=biws", "c=?") },
  { name: "without a proof", spoil: (final: string) => final.replace(/,p=.*/, "") },
  { name: "with something after the proof", spoil: (final: string) => `${final},x=y` },
  { name: "with a short proof", spoil: (final: string) => final.replace(/,p=.*/, ",p=AAAA") },
  {
    name: "with a proof of zeros",
    spoil: (final: string) => final.replace(/,p=.*/, `,p=${Buffer.alloc(32).toString("base64")}`),
  },
  { name: "with an extension that was not signed", spoil: (final: string) => final.replace(",p=", ",x=y,p=") },
  { name: "that is empty", spoil: () => "" },
];
for (const { name, spoil } of SPOILT_FINAL) {
  test(`RFC 5802 §7: a client-final message ${name} is refused`, async () => {
    const { authenticator } = benchOver(["user:{PLAIN}pencil"]);
    const ended = await scramLogin(authenticator, "SCRAM-SHA-256", "user", "pencil", true, { spoil });
    assert.equal(ended.step.type, "rejected");
    assert.equal(ended.serverFinal, "");
  });
}

const SIGNED_LIES = [
  { name: "another nonce", lie: (final: string) => final.replace(/,r=./, ",r=Z"), ok: false },
  { name: "the client's nonce only", lie: (final: string) => final.replace(/,r=.*/, ",r=clientnonce0123"), ok: false },
  { name: "another gs2 header than at first", lie: (final: string) => final.replace("c=biws", "c=eSws"), ok: false },
  { name: "an extension nobody must know", lie: (final: string) => `${final},x=y`, ok: true },
];
for (const { name, lie, ok } of SIGNED_LIES) {
  test(`RFC 5802 §5.1: ${name}, properly signed, is ${ok ? "accepted" : "malformed"}`, async () => {
    const { authenticator } = benchOver(["user:{PLAIN}pencil"]);
    const { step } = await scramLogin(authenticator, "SCRAM-SHA-256", "user", "pencil", true, { lie });
    assert.equal(step.type === "rejected" ? step.why : step.type, ok ? "accepted" : "malformed-response");
  });
}

test("what follows the server-final message has to be empty", async () => {
  const { authenticator } = benchOver(["user:{PLAIN}pencil"]);
  const ended = await scramLogin(authenticator, "SCRAM-SHA-256", "user", "pencil", true, { last: "x" });
  assert.equal(ended.step.type, "rejected");
});

test("the server's nonce is another each time", async () => {
  const { authenticator } = benchOver(["user:{PLAIN}pencil"]);
  const firsts = await Promise.all(
    [1, 2].map(async () =>
      challengeOf(await authenticator.begin(sasl("SCRAM-SHA-256", "n,,n=user,r=abcdefghijkl"), PEER).next()),
    ),
  );
  assert.notEqual(firsts[0], firsts[1]);
});

test("keys are derived once for an account kept in plain text, as long as its password is right", async () => {
  const bench = benchOver(["user:{PLAIN}pencil"]);
  for (let login = 0; login < 3; login += 1) await scramLogin(bench.authenticator, "SCRAM-SHA-256", "user", "pencil");
  assert.equal(bench.jobs(), 1);
  await scramLogin(bench.authenticator, "SCRAM-SHA-256", "user", "Pencil");
  assert.equal(bench.jobs(), 2);
});

interface Spoiling {
  readonly gs2Header?: string;
  readonly lie?: (withoutProof: string) => string;
  readonly spoil?: (final: string) => string;
  readonly last?: string;
}

async function scramLogin(
  authenticator: Authenticator,
  mechanism: ScramMechanism,
  user: string,
  text: string,
  initial = true,
  { gs2Header = "n,,", lie = (text) => text, spoil = (final) => final, last = "" }: Spoiling = {},
) {
  const hash = mechanism === "SCRAM-SHA-1" ? "sha1" : "sha256";
  const client = createScramClient({ hash, user, password: text, nonce: "clientnonce0123", gs2Header, lie });
  const exchange = authenticator.begin(initial ? sasl(mechanism, client.first) : sasl(mechanism), PEER);
  let step = await exchange.next();
  if (!initial) {
    assert.equal(challengeOf(step), "");
    step = await exchange.next(secret(client.first));
  }
  if (step.type !== "challenge") return { step, serverFinal: "", expected: "" };
  step = await exchange.next(secret(spoil(client.final(challengeOf(step)))));
  if (step.type !== "challenge") return { step, serverFinal: "", expected: "" };
  const serverFinal = challengeOf(step);
  return { step: await exchange.next(secret(last)), serverFinal, expected: client.expected };
}

function challengeOf(step: AuthenticationStep): string {
  assert.equal(step.type, "challenge");
  return Buffer.from(step.octets).toString();
}

async function storedSecret(mechanism: ScramMechanism, salt: Uint8Array): Promise<string> {
  const keys = await deriveScramKeys(Buffer.from("pencil"), { mechanism, iterations: 4096, salt });
  const parts = [keys.salt, keys.storedKey, keys.serverKey].map((part) =>
    Buffer.from(part.reveal()).toString("base64"),
  );
  return `{${mechanism}}4096,${parts.join(",")}`;
}
