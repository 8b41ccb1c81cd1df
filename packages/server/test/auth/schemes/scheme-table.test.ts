import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { test } from "node:test";
import { inspect } from "node:util";
import { parseStoredSecret } from "#server/auth/schemes/scheme-table";

/** Published by others: Dovecot's own unit test, Drepper's paper on SHA-crypt, passlib's documentation; the rest from OpenSSL and PHP. */
const VECTORS = [
  { stored: "{PLAIN}test", password: "test" },
  { stored: "{plain}{odd}$:password= ", password: "{odd}$:password= " },
  { stored: "{CLEARTEXT}contraseña", password: "contraseña" },
  { stored: "{SHA1}qUqP5cyxm6YcTAhz05Hph5gvu9M=", password: "test" },
  { stored: "{SHA}a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", password: "test" },
  { stored: "{SHA256}n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=", password: "test" },
  {
    stored: "{SHA512}7iaw3Ur350mqGo7jwQrpkj9hiYB3Lkc/iBml1JQODbJ6wYX4oOHV+E+IvIh/1nsUNzLDBMxfqa2Ob1f1ACio/w==",
    password: "test",
  },
  { stored: "{SSHA}H/zrDv8FXUu1JmwvVYijfrYEF34jVZcO", password: "test" },
  { stored: "{PBKDF2}$1$bUnT4Pl7yFtYX0KU$5000$50a83cafdc517b9f46519415e53c6a858908680a", password: "test" },
  {
    stored: "$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44",
    password: "password",
  },
  { stored: "{CRAM-MD5}e02d374fde0dc75a17a557039a3a5338c7743304777dccd376f332bee68d2cf6", password: "test" },
  {
    stored: "{SCRAM-SHA-1}4096,GetyLXdBuHzf1FWf8SLz2Q==,NA/OqmF4hhrsrB9KR7po+dliTGM=,QBiURvQaE6H6qYTmeghDHLANBFQ=",
    password: "test",
  },
  {
    stored:
      "{SCRAM-SHA-256}4096,LfNGSFqiFykEZ1xDAYlnKQ==,HACNf9CII7cMz3XjRy/Oh3Ae2LHApoDyNw74d3YtFws=,AQH0j7Hf8J12g8eNBadvzlNB2am3PxgNwFCFd3RxEaw=",
    password: "test",
  },
  { stored: "{BLF-CRYPT}$2y$05$11ipvo5dR6CwkzwmhwM26OXgzXwhV2PyPuLV.Qi31ILcRcThQpEiW", password: "test" },
  { stored: "$2a$05$11ipvo5dR6CwkzwmhwM26OXgzXwhV2PyPuLV.Qi31ILcRcThQpEiW", password: "test" },
  {
    stored: "{ARGON2I}$argon2i$v=19$m=32768,t=4,p=1$f2iuP4aUeNMrgu34fhOkkg$1XSZZMWlIs0zmE+snlUIcLADO3GXbA2O/hsQmmc317k",
    password: "test",
  },
  {
    stored: "$argon2id$v=19$m=65536,t=3,p=1$vBb99oJ12p3WAdYlaMHz1A$jtFOtbo/sYV9OSlTxDo/nVNq3uArHd5GJSEx0ty85Cc",
    password: "test",
  },
  {
    stored:
      "{SHA512-CRYPT}$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1",
    password: "Hello world!",
  },
  {
    stored:
      "{CRYPT}$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1",
    password: "a very much longer text to encrypt.  This one even stretches over morethan one line.",
  },
  {
    stored: "$5$rounds=10000$saltstringsaltst$3xv.VbSHBb41AL9AvLeujZkZRBAwqFMz2.opqey6IcA",
    password: "Hello world!",
  },
] as const;

for (const { stored, password } of VECTORS) {
  test(`a published hash fits its password and no other: ${stored.slice(0, 24)}…`, async () => {
    const parsed = parseStoredSecret(stored);
    assert.equal(parsed.type, "secret");
    assert.equal(await parsed.secret.verify(Buffer.from(password)), true);
    for (const wrong of [`${password}x`, password.slice(1), ""]) {
      assert.equal(await parsed.secret.verify(Buffer.from(wrong)), false, JSON.stringify(wrong));
    }
  });
}

const salted = (algorithm: string, salt: string) =>
  Buffer.concat([createHash(algorithm).update("päss").update(salt).digest(), Buffer.from(salt)]);
const ENCODED = [
  `{SSHA256}${salted("sha256", "sodium").toString("base64")}`,
  `{SSHA512}${salted("sha512", "s").toString("base64").replace(/=+$/, "")}`,
  `{SSHA256.HEX}${salted("sha256", "0123456789abcdef0123456789abcdef").toString("hex")}`,
  `{ssha.b64}${salted("sha1", "12345678").toString("base64")}`,
];
for (const stored of ENCODED) {
  test(`the encoding is told by the name of the scheme: ${stored.slice(0, 14)}…`, async () => {
    const parsed = parseStoredSecret(stored);
    assert.equal(parsed.type, "secret");
    assert.equal(await parsed.secret.verify(Buffer.from("päss")), true);
    assert.equal(await parsed.secret.verify(Buffer.from("pass")), false);
  });
}

const MALFORMED = [
  { stored: "", remedy: /postigo hash/ },
  { stored: "hunter2", remedy: /\{PLAIN\}/ },
  { stored: "a94a8fe5ccb19ba61c4c0873d391e987982fbbd3", remedy: /\{PLAIN\}/ },
  { stored: "$9$hunter2", remedy: /\{PLAIN\}/ },
  { stored: "{hunter2", remedy: /\{PLAIN\}/ },
  { stored: "{WHIRLPOOL}hunter2", remedy: /one of PLAIN, SHA512-CRYPT/ },
  { stored: "{SSHA.ROT13}hunter2", remedy: /\{PLAIN\}/ },
  { stored: "{PLAIN}", remedy: /write one/ },
  { stored: "{SHA}hunter2", remedy: /base64/ },
  { stored: "{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=hunter2", remedy: /base64/ },
  { stored: "{SSHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=", remedy: /and a salt/ },
  { stored: "{SSHA256.HEX}hunter2", remedy: /and a salt/ },
  { stored: "{SHA512-CRYPT}$6$salt$hunter2", remedy: /copy the hash whole/ },
  { stored: "{SHA512-CRYPT}$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", remedy: /copy the hash whole/ },
  { stored: "{CRYPT}hunter2hunter2", remedy: /copy the hash whole/ },
  { stored: "{CRYPT}$2y$05$hunter2", remedy: /53 characters/ },
  { stored: "{BLF-CRYPT}$2x$05$11ipvo5dR6CwkzwmhwM26OXgzXwhV2PyPuLV.Qi31ILcRcThQpEiW", remedy: /53 characters/ },
  { stored: "{BLF-CRYPT}$2y$03$11ipvo5dR6CwkzwmhwM26OXgzXwhV2PyPuLV.Qi31ILcRcThQpEiW", remedy: /53 characters/ },
  { stored: "{ARGON2ID}$argon2id$v=19$m=65536$hunter2hunter2hunter2$hunter2hunter2hunter2", remedy: /argon2id/ },
  { stored: "{PBKDF2}$1$hunter2$0$50a83cafdc517b9f46519415e53c6a858908680a", remedy: /rounds/ },
  { stored: "{PBKDF2}$1$hunter2$5000$50a83caf", remedy: /rounds/ },
  { stored: "{PBKDF2}$pbkdf2-sha256$6400$0ZrzXitFSGltTQnBWOsdeQ$hunter2", remedy: /rounds/ },
  { stored: "{SCRAM-SHA-256}4096,hunter2", remedy: /StoredKey/ },
  {
    stored: "{SCRAM-SHA-1}0,GetyLXdBuHzf1FWf8SLz2Q==,NA/OqmF4hhrsrB9KR7po+dliTGM=,QBiURvQaE6H6qYTmeghDHLANBFQ=",
    remedy: /iterations/,
  },
  {
    stored: "{SCRAM-SHA-256}4096,GetyLXdBuHzf1FWf8SLz2Q==,NA/OqmF4hhrsrB9KR7po+dliTGM=,QBiURvQaE6H6qYTmeghDHLANBFQ=",
    remedy: /StoredKey/,
  },
  { stored: "{CRAM-MD5}hunter2", remedy: /64 hex/ },
] as const;

for (const { stored, remedy } of MALFORMED) {
  test(`a stored secret that cannot be used is told with a remedy and without the secret: ${stored}`, () => {
    const parsed = parseStoredSecret(stored);
    assert.equal(parsed.type, "malformed");
    assert.match(parsed.remedy, remedy);
    assert.doesNotMatch(JSON.stringify(parsed), /hunter2|qUqP5|NA\/Oqm|50a83c/);
  });
}

test("no secret is seen in what a stored secret prints as", () => {
  for (const { stored } of VECTORS) {
    const parsed = parseStoredSecret(stored);
    const printed = inspect(parsed, { depth: 10, showHidden: true }) + JSON.stringify(parsed);
    for (const part of stored.replace(/^\{[^}]*\}/, "").split(/[$,]/)) {
      if (part.length > 10) assert.ok(!printed.includes(part), stored.slice(0, 24));
    }
  }
});
