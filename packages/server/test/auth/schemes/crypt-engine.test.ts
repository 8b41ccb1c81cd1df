import assert from "node:assert/strict";
import { test } from "node:test";
import { type CryptEngine, canBeCrypted } from "#server/auth/schemes/crypt/crypt-engine";
import { loadLibcrypt } from "#server/auth/schemes/crypt/libcrypt";
import { createWorkerEngine } from "#server/auth/schemes/crypt/worker-engine";

/** The last two from `openssl passwd`. */
const VECTORS = [
  {
    password: "Hello world!",
    hash: "$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
  },
  {
    password: "we have a short salt string but not a short password",
    hash: "$5$rounds=77777$short$JiO1O3ZpDAxGJeaDIuqCoEFysAe1mZNJRs3pw0KQRd/",
  },
  {
    password: "contraseña ß €",
    hash: "$6$contra$Uy28nt3cXwEZjFrUD/kphRhhf5DroptkFoIZlT4YqGGf2CWgJXekxhpw2/GkVba70I7sJPeR.ZvAIOEoZDxYz1",
  },
  { password: "contraseña ß €", hash: "$5$contra$qdzCsUKotoYVlL9cj/cobjNZO2Z.cNawRWatDJRFig5" },
] as const;

const libcrypt = await loadLibcrypt();
const ENGINES: readonly CryptEngine[] = [createWorkerEngine(), ...(libcrypt ? [libcrypt] : [])];

for (const engine of ENGINES) {
  for (const { password, hash } of VECTORS) {
    test(`${engine.name} makes the published hash of ${JSON.stringify(password)}`, async () => {
      assert.equal(await engine.crypt(Buffer.from(password), hash), hash);
    });
  }

  test(`${engine.name} does not know a kind that does not exist`, async () => {
    assert.equal(await engine.crypt(Buffer.from("x"), "$99$salt$"), undefined);
  });

  test(`${engine.name} answers many questions at once, each its own`, async () => {
    const passwords = Array.from({ length: 8 }, (_, index) => `password ${index}`);
    const hashes = await Promise.all(passwords.map((text) => engine.crypt(Buffer.from(text), "$5$rounds=1000$salt$")));
    assert.equal(new Set(hashes).size, 8);
    assert.equal(hashes[3], await engine.crypt(Buffer.from("password 3"), "$5$rounds=1000$salt$"));
  });
}

test("both engines agree on a password that is not ASCII", { skip: libcrypt === undefined }, async () => {
  const made = await Promise.all(
    ENGINES.map((engine) => engine.crypt(Buffer.from("pä ß € 𝄞"), "$6$rounds=1000$salt$")),
  );
  assert.equal(made[0], made[1]);
});

test("octets that are no UTF-8 fit no hash of the worker, and do not end it", async () => {
  const engine = createWorkerEngine();
  const made = await engine.crypt(Buffer.from([0xff, 0xfe]), "$6$rounds=1000$salt$hash");
  assert.equal(made, "$6$rounds=1000$salt$");
  assert.match((await engine.crypt(Buffer.from("x"), "$6$rounds=1000$salt$")) ?? "", /^\$6\$rounds=1000\$salt\$.{86}$/);
});

const UNUSABLE = [
  { name: "a NUL", password: Buffer.from("secret\0x"), usable: false },
  { name: "512 octets", password: Buffer.alloc(512, "a"), usable: false },
  { name: "511 octets", password: Buffer.alloc(511, "a"), usable: true },
] as const;
for (const { name, password, usable } of UNUSABLE) {
  test(`a password with ${name} can ${usable ? "" : "not "}belong to a crypt(3) hash`, () => {
    assert.equal(canBeCrypted(password), usable);
  });
}
