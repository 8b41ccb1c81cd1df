// No secret is seen in anything an outcome, a problem or an error prints as.

import assert from "node:assert/strict";
import { test } from "node:test";
import { inspect } from "node:util";
import fc from "fast-check";
import { parseInlineAccount } from "#server/auth/memory-source";
import { HASHABLE_SCHEMES, hashPassword } from "#server/auth/schemes/hash-password";
import { parseStoredSecret, SCHEME_NAMES } from "#server/auth/schemes/scheme-table";
import { parseUsersFile } from "#server/auth/users-file";
import { benchOver, PEER, password, sasl, secret, sourceOf } from "./support/authenticator-bench.js";

/** Long enough not to stand in our own texts by chance; no octet that a line of the users file cannot hold. */
const anyPassword = fc
  .array(fc.constantFrom(..."abcXYZ0189$./{}=,@+é€ß "), { minLength: 12, maxLength: 40 })
  .map((letters) => `q${letters.join("")}q`);

function printed(...things: unknown[]): string {
  const errors = things.flatMap((thing) => (thing instanceof Error ? [String(thing.stack), String(thing.cause)] : []));
  return [
    ...things.flatMap((thing) => [inspect(thing, { depth: 12, showHidden: true }), JSON.stringify(thing)]),
    ...errors,
  ].join("\n");
}

function assertUnseen(text: string, hidden: string): void {
  for (const form of [
    hidden,
    JSON.stringify(hidden).slice(1, -1),
    inspect(hidden).slice(1, -1),
    Buffer.from(hidden).toString("base64"),
  ]) {
    assert.ok(!text.includes(form), "a secret is seen");
  }
}

test("no problem of a users file shows any of the secret", () => {
  const scheme = fc.constantFrom(
    ...SCHEME_NAMES.map((name) => `{${name}}`),
    "{NOPE}",
    "{",
    "",
    "$6$",
    "$2y$05$",
    "$argon2id$",
    "{PBKDF2}$1$",
  );
  fc.assert(
    fc.property(scheme, anyPassword, (prefix, text) => {
      const { problems, accounts } = parseUsersFile(
        `bob:${prefix}${text}\n../x:${prefix}${text}\nbob:${prefix}${text}\n`,
      );
      assertUnseen(
        printed(problems, parseStoredSecret(prefix + text), parseInlineAccount(`bob:${prefix}${text}`)),
        text,
      );
      assertUnseen(printed([...accounts.values()]), text);
    }),
  );
});

test("no step of a login shows the password that was sent, nor the one that is stored", async () => {
  await fc.assert(
    fc.asyncProperty(anyPassword, anyPassword, async (sent, stored) => {
      const bench = benchOver([], { sources: [sourceOf([`bob:{PLAIN}${stored}`])], apop: true });
      const steps: unknown[] = [bench.authenticator];
      for (const user of ["bob", "eve", "../bob"]) {
        const methods = [
          password(user, sent),
          sasl("PLAIN", `\0${user}\0${sent}`),
          sasl("PLAIN", sent),
          sasl("NOPE", sent),
          sasl("SCRAM-SHA-1", sent),
        ];
        for (const method of methods) {
          const exchange = bench.authenticator.begin(method, PEER);
          steps.push(method, exchange, await exchange.next());
        }
        const login = bench.authenticator.begin(sasl("LOGIN", user), PEER);
        steps.push(await login.next(), await login.next(secret(sent)), login);
      }
      assertUnseen(printed(...steps), sent);
      assertUnseen(printed(...steps), stored);
    }),
    { numRuns: 30 },
  );
});

test("an error of a hash library is not passed on", async () => {
  const kept = { scheme: "BAD", cost: "heavy", stored: secret("x") } as const;
  const verify = (octets: Uint8Array) => Promise.reject(new Error(`cannot hash ${Buffer.from(octets).toString()}`));
  const find = (name: string) => ({ name, maildir: undefined, secret: { ...kept, verify } });
  const { authenticator } = benchOver([], { sources: [{ find, secrets: () => [] }] });
  const step = await authenticator.begin(password("bob", "hunter2hunter2"), PEER).next();
  assert.equal(step.type, "unavailable");
  assertUnseen(printed(step, step.cause), "hunter2hunter2");
});

for (const scheme of HASHABLE_SCHEMES) {
  test(`what \`hash\` makes in ${scheme} fits its password, twice differently, and no other`, async () => {
    const octets = Buffer.from("contraseña ß $1$");
    const [one, two] = [await hashPassword(octets, scheme), await hashPassword(octets, scheme)];
    assert.equal(one === two, scheme === "PLAIN");
    const parsed = parseUsersFile(`bob:${one}::::::`).accounts.get("bob")?.secret;
    assert.equal(await parsed?.verify(octets), true);
    assert.equal(await parsed?.verify(Buffer.from("contraseña ß $1")), false);
  });
}

for (const { name, octets, scheme } of [
  { name: "an empty one", octets: Buffer.alloc(0), scheme: "ARGON2ID" },
  { name: "one with a NUL", octets: Buffer.from("hunter2hunter2\0"), scheme: "ARGON2ID" },
  { name: "one with a line end", octets: Buffer.from("hunter2hunter2\n"), scheme: "SHA512-CRYPT" },
  { name: "one of 512 octets", octets: Buffer.alloc(512, "hunter2hunter2"), scheme: "ARGON2ID" },
  { name: "PLAIN with a colon", octets: Buffer.from("hunter2hunter2:"), scheme: "PLAIN" },
  { name: "PLAIN that is no UTF-8", octets: Buffer.from("hunter2hunter2\xff", "latin1"), scheme: "PLAIN" },
] as const) {
  test(`no hash is made of a password that cannot be used, and it is not shown: ${name}`, async () => {
    await assert.rejects(hashPassword(octets, scheme), (error) => {
      assertUnseen(printed(error), "hunter2hunter2");
      return error instanceof Error && error.name === "PasswordNotUsableError";
    });
  });
}
