import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseUsersFile } from "#server/auth/users-file";

const SSHA = "{SSHA}H/zrDv8FXUu1JmwvVYijfrYEF34jVZcO";

const ACCOUNTS = [
  { name: "name and hash only", line: `ana@example.org:${SSHA}`, account: "ana@example.org", maildir: undefined },
  {
    name: "every field of a passwd-file",
    line: `bob:${SSHA}:5000:5000:Bob,,,:/home/bob:/bin/sh:`,
    account: "bob",
    maildir: undefined,
  },
  { name: "a CR before the LF", line: `bob:${SSHA}\r`, account: "bob", maildir: undefined },
  {
    name: "a name as it stands",
    line: `Bob.O'Neil+x@Example.ORG:${SSHA}`,
    account: "Bob.O'Neil+x@Example.ORG",
    maildir: undefined,
  },
  {
    name: "a name that is not ASCII",
    line: `größe@bücher.example:${SSHA}`,
    account: "größe@bücher.example",
    maildir: undefined,
  },
  { name: "a space inside the name", line: `ana maria:${SSHA}`, account: "ana maria", maildir: undefined },
  { name: "maildir=", line: `bob:${SSHA}::::::maildir=/srv/mail/bob`, account: "bob", maildir: "/srv/mail/bob" },
  {
    name: "maildir= among other fields",
    line: `bob:${SSHA}::::::quota=1G maildir=/srv/b nopassword`,
    account: "bob",
    maildir: "/srv/b",
  },
  { name: "a maildir with a colon", line: `bob:${SSHA}::::::maildir=/srv/a:b`, account: "bob", maildir: "/srv/a:b" },
  {
    name: "a relative maildir",
    line: `bob:${SSHA}:::Bob:/home/bob::maildir=Mail/in`,
    account: "bob",
    maildir: "/home/bob/Mail/in",
  },
  {
    name: "~/ in a maildir",
    line: `bob:${SSHA}::::/home/bob::maildir=~/Maildir`,
    account: "bob",
    maildir: "/home/bob/Maildir",
  },
  {
    name: "Dovecot's userdb_mail, options cut off",
    line: `bob:${SSHA}::::/home/bob::userdb_quota_rule=*:storage=1G userdb_mail=maildir:~/Maildir:INDEX=/var/i`,
    account: "bob",
    maildir: "/home/bob/Maildir",
  },
  {
    name: "another format in userdb_mail",
    line: `bob:${SSHA}::::::userdb_mail=mbox:~/mail`,
    account: "bob",
    maildir: undefined,
  },
  { name: "a key that ends like ours", line: `bob:${SSHA}::::::notmaildir=/x`, account: "bob", maildir: undefined },
] as const;

for (const { name, line, account, maildir } of ACCOUNTS) {
  test(`the users file takes ${name}`, () => {
    const { accounts, problems } = parseUsersFile(`# first\n\n${line}\n`);
    assert.deepEqual(problems, []);
    assert.equal(accounts.get(account)?.maildir, maildir);
    assert.deepEqual([...accounts.keys()], [account]);
  });
}

const PROBLEMS = [
  { name: "no colon", line: "bob", column: 4, what: /no colon/ },
  { name: "an empty name", line: `:${SSHA}`, column: 1, what: /empty/ },
  { name: "a slash in the name", line: `../bob:${SSHA}`, column: 1, what: /slash/ },
  { name: "a leading dot", line: `.bob@example.org:${SSHA}`, column: 1, what: /dot/ },
  { name: "a domain of dots", line: `bob@..:${SSHA}`, column: 1, what: /dot/ },
  { name: "an empty local part", line: `@example.org:${SSHA}`, column: 1, what: /before or after the @/ },
  { name: "an empty domain", line: `bob@:${SSHA}`, column: 1, what: /before or after the @/ },
  { name: "a control octet in the name", line: `bo\x01b:${SSHA}`, column: 1, what: /control/ },
  { name: "a name that is no UTF-8", line: `bo\ufffdb:${SSHA}`, column: 1, what: /undecodable/ },
  { name: "a name of 256 octets", line: `${"é".repeat(128)}:${SSHA}`, column: 1, what: /255/ },
  { name: "no hash", line: "bob:", column: 5, what: /no password hash/ },
  { name: "a locked account", line: "bob:!:1000", column: 5, what: /no password scheme/ },
  { name: "an unknown scheme", line: "bob:{ROT13}x", column: 5, what: /not known/ },
  { name: "a bad hash", line: "bob:{SSHA}x", column: 5, what: /not a \{SSHA\}/ },
  {
    name: "a relative maildir without a home",
    line: `bob:${SSHA}::::::x=1 maildir=Maildir`,
    column: 53,
    what: /absolute/,
  },
  { name: "a variable in the maildir", line: `bob:${SSHA}::::::maildir=/srv/%u`, column: 49, what: /%/ },
  { name: "an empty maildir", line: `bob:${SSHA}::::::maildir=`, column: 49, what: /no path/ },
] as const;

for (const { name, line, column, what } of PROBLEMS) {
  test(`the users file loses one account, with line and column, over ${name}`, () => {
    const { accounts, problems } = parseUsersFile(`ana:${SSHA}\n${line}\ncarla:${SSHA}`);
    assert.deepEqual([...accounts.keys()], ["ana", "carla"]);
    assert.equal(problems.length, 1);
    assert.deepEqual([problems[0]?.line, problems[0]?.column], [2, column]);
    assert.match(problems[0]?.what ?? "", what);
    assert.notEqual(problems[0]?.remedy, "");
  });
}

test("of two lines with one name the first stays in force and the second is a problem", () => {
  const { accounts, problems } = parseUsersFile(`bob:${SSHA}::::::maildir=/first\nbob:${SSHA}::::::maildir=/second\n`);
  assert.equal(accounts.get("bob")?.maildir, "/first");
  assert.deepEqual(
    problems.map(({ line, column }) => [line, column]),
    [[2, 1]],
  );
});

test("names that are keys of objects are names like others", () => {
  const { accounts } = parseUsersFile(`__proto__:${SSHA}\nconstructor:${SSHA}\n`);
  assert.deepEqual([...accounts.keys()], ["__proto__", "constructor"]);
});

test("a byte order mark and comments with white space before them are let pass", () => {
  const { accounts, problems } = parseUsersFile(`\ufeffbob:${SSHA}\n  # x:y\n \t\n`);
  assert.deepEqual([[...accounts.keys()], problems], [["bob"], []]);
});

test("no text at all makes the parser throw, and each line that holds something is an account or a problem", () => {
  const noise = fc.array(
    fc.constantFrom(
      "bob",
      ":",
      "{SSHA}",
      "{PLAIN}x",
      "$6$",
      "\n",
      "\r\n",
      "#",
      " ",
      "maildir=",
      "%",
      "é",
      "\0",
      "@",
      ".",
    ),
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary" }),
        noise.map((parts) => parts.join("")),
      ),
      (text) => {
        const { accounts, problems } = parseUsersFile(text);
        const lines = text
          .replace(/^\ufeff/, "")
          .split("\n")
          .filter((line) => !/^\s*(?:#|$)/.test(line));
        assert.equal(accounts.size + problems.length, lines.length);
      },
    ),
    { numRuns: 500 },
  );
});
