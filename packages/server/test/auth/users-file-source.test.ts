import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { parseInlineAccount } from "#server/auth/memory-source";
import { createUsersFileSource, schemeProblems, UsersFileError } from "#server/auth/users-file-source";
import { sourceOf } from "./support/authenticator-bench.js";

function directory(t: TestContext): string {
  const path = mkdtempSync(join(tmpdir(), "postigo-users-"));
  t.after(() => rmSync(path, { recursive: true }));
  return path;
}

function usersFile(t: TestContext, text: string, mode = 0o640): string {
  const path = join(directory(t), "users");
  writeFileSync(path, text, { mode });
  return path;
}

test("a users file is read with its problems", async (t) => {
  const loaded = await createUsersFileSource(usersFile(t, "bob:{PLAIN}x\nbroken\n")).load();
  assert.equal(loaded.count, 1);
  assert.deepEqual(
    loaded.problems.map(({ line }) => line),
    [2],
  );
  assert.equal((await loaded.source.find("bob"))?.name, "bob");
  assert.equal(await loaded.source.find("Bob"), undefined);
});

test("a users file that everybody can read is used, with a warning", async (t) => {
  const path = usersFile(t, "bob:{PLAIN}x\n");
  chmodSync(path, 0o644);
  const { count, problems } = await createUsersFileSource(path).load();
  assert.equal(count, 1);
  assert.match(problems[0]?.what ?? "", /every user/);
});

test("octets that are no UTF-8 cost the line they stand in", async (t) => {
  const path = usersFile(t, "");
  writeFileSync(
    path,
    Buffer.concat([Buffer.from("ana:{PLAIN}x\nb"), Buffer.from([0xe9]), Buffer.from("b:{PLAIN}x\n")]),
  );
  const { count, problems } = await createUsersFileSource(path).load();
  assert.deepEqual([count, problems.length], [1, 1]);
});

const HASHES = [
  { line: "bob:{CRYPT}$y$j9T$abcdefgh$abcdefgh", engine: "unixcrypt", warned: true },
  { line: "bob:{MD5-CRYPT}$1$GgvxyNz8$OjZhLh4P.gF1lxYEbLZ3e/", engine: "unixcrypt", warned: true },
  { line: "bob:{MD5-CRYPT}$1$GgvxyNz8$OjZhLh4P.gF1lxYEbLZ3e/", engine: "libcrypt", warned: false },
  { line: "bob:$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5", engine: "unixcrypt", warned: false },
] as const;
for (const { line, engine, warned } of HASHES) {
  test(`${line.slice(0, 16)}… with ${engine} ${warned ? "is told to be beyond this host" : "is in order"}`, async () => {
    const crypt = () => assert.fail("nothing is to be hashed");
    const problems = await schemeProblems(sourceOf([line]), async () => ({ name: engine, crypt }));
    assert.equal(problems.length, warned ? 1 : 0);
  });
}

const UNUSABLE = [
  { name: "is not there", code: "unreadable", make: (path: string) => path },
  { name: "is a directory", code: "not-a-file", make: (path: string) => mkdirSync(path) },
  { name: "is a FIFO", code: "not-a-file", make: (path: string) => execFileSync("mkfifo", [path]) },
  {
    name: "is over 64 MiB",
    code: "too-large",
    make: (path: string) => {
      writeFileSync(path, "");
      truncateSync(path, 64 * 1024 * 1024 + 1);
    },
  },
] as const;

for (const { name, code, make } of UNUSABLE) {
  test(`a users file that ${name} is refused whole, and does not hang`, async (t) => {
    const path = join(directory(t), "users");
    make(path);
    await assert.rejects(createUsersFileSource(path).load(), (error) => {
      assert.ok(error instanceof UsersFileError);
      assert.deepEqual([error.code, error.path], [code, path]);
      return true;
    });
  });
}

const INLINE = [
  { text: "demo:demo", name: "demo", password: "demo" },
  { text: "demo:with:colons and spaces ", name: "demo", password: "with:colons and spaces " },
  { text: "demo:{SHA}qUqP5cyxm6YcTAhz05Hph5gvu9M=", name: "demo", password: "test" },
  { text: "demo:{PLAIN}a:b", name: "demo", password: "a:b" },
  { text: "demo:{odd", name: "demo", password: "{odd" },
  { text: "demo:$6$not a hash", name: "demo", password: "$6$not a hash" },
];
for (const { text, name, password } of INLINE) {
  test(`--user ${JSON.stringify(text)} is an account`, async () => {
    const parsed = parseInlineAccount(text);
    assert.ok("account" in parsed);
    assert.equal(parsed.account.name, name);
    assert.equal(await parsed.account.secret.verify(Buffer.from(password)), true);
  });
}

for (const text of ["demo", ":demo", "../x:demo", "demo:", "demo:{NOPE}x"]) {
  test(`--user ${JSON.stringify(text)} is told what to do`, () => {
    const parsed = parseInlineAccount(text);
    assert.ok("remedy" in parsed);
    assert.notEqual(parsed.remedy, "");
  });
}
