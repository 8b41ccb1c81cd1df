// What a newcomer types, and what the program answers.

import assert from "node:assert/strict";
import { join } from "node:path";
import { after, describe, test } from "node:test";
import { call, makeMaildir, postigo, temporaryFolder } from "./support.js";

const folder = temporaryFolder({ after });
const maildir = makeMaildir(join(folder, "Maildir"));
const QUICK = ["--maildir", maildir, "--user", "ana:x"];

interface Row {
  readonly words: readonly string[];
  readonly code: number;
  /** All of it in what is said on standard error. */
  readonly says: readonly string[];
}

const TYPING_ERRORS: readonly Row[] = [
  { words: [], code: 64, says: ["no command was given; there are serve, check, hash, inspect"] },
  { words: ["srve"], code: 64, says: ['there is no command "srve"; did you mean "postigo serve"?'] },
  { words: ["stop"], code: 64, says: ['there is no command "stop"; there are serve, check, hash, inspect'] },
  { words: ["\x1b]0;x\x07stop"], code: 64, says: ['there is no command "?]0;x?stop"'] },
  {
    words: ["who", "--socket", maildir],
    code: 69,
    says: [`${maildir}: it is no socket; name the one that control.socket`],
  },
  { words: ["serve", "now"], code: 64, says: ['serve does not know what to do with "now"; see postigo serve --help'] },
  { words: ["check", "--cnfig", "x"], code: 64, says: ["check has no option --cnfig; did you mean --config?"] },
  {
    words: ["check", "--timeout.login", "3m"],
    code: 64,
    says: ["check has no option --timeout.login; did you mean --timeouts.login?"],
  },
  {
    words: ["check", "--autologout", "3m"],
    code: 64,
    says: ["check has no option --autologout; did you mean --timeouts.autologout?"],
  },
  { words: ["check", "--banana"], code: 64, says: ["check has no option --banana; see postigo check --help"] },
  { words: ["check", "-x"], code: 64, says: ["check has no option -x; see postigo check --help"] },
  { words: ["check", "--no-json"], code: 64, says: ["check has no option --no-json"] },
  { words: ["check", "--config"], code: 64, says: ["Not enough arguments following: config"] },
  {
    words: ["check", "--config", "a", "--config", "b"],
    code: 64,
    says: ["--config stands there twice; keep one of the two"],
  },
  { words: ["inspect"], code: 64, says: ["whose maildrop? Name a USER, or the path of a MAILDIR"] },
  { words: ["inspect", "a", "b"], code: 64, says: ['inspect does not know what to do with "b"'] },
  {
    words: ["hash", "--scheme", "SHA52-CRYPT"],
    code: 64,
    says: ["--scheme: SHA52-CRYPT cannot be made; did you mean SHA512-CRYPT?"],
  },
  { words: ["hash", "secret"], code: 64, says: ['hash does not know what to do with "secret"'] },
  {
    words: ["serve", "--workers", "1", "--workers", "2", ...QUICK],
    code: 78,
    says: ['--workers: workers: is ["1","2"]'],
  },
];

const QUICK_MODE: readonly Row[] = [
  {
    words: ["serve"],
    code: 66,
    says: ["there is no configuration", "postigo serve --maildir DIR --user NAME:PASSWORD"],
  },
  { words: ["serve", "--config", "/nonexistent.yaml"], code: 66, says: ["/nonexistent.yaml: there is no such file"] },
  { words: ["serve", "--config", folder], code: 77, says: [`${folder}: cannot be read (EISDIR)`] },
  { words: ["serve", "--maildir", maildir], code: 64, says: ["who may log in? Add --user NAME:PASSWORD"] },
  { words: ["serve", "--user", "ana:x"], code: 64, says: ["where is the mail? Add --maildir DIR"] },
  { words: ["serve", "--workers", "2"], code: 66, says: ["there is no configuration"] },
  {
    words: ["serve", "--maildir", maildir, "--user", "ana"],
    code: 78,
    says: ["--user: number 1: there is no colon after the name; write NAME:PASSWORD"],
  },
  { words: ["serve", "--maildir", maildir, "--user", "../x:y"], code: 78, says: ["--user: number 1: "] },
  {
    words: ["serve", "--maildir", maildir, "--user", "ana:{NOPE}x"],
    code: 78,
    says: ["--user: number 1: the password scheme is not known"],
  },
  {
    words: ["serve", "--maildir", maildir, "--user", "a:x", "--user", "b:y"],
    code: 78,
    says: ["--maildir: spool.maildir:", "is the same for every user; put %{user}"],
  },
  {
    words: ["serve", "--maildir", join(folder, "none"), "--user", "a:x"],
    code: 66,
    says: [`there is no directory ${join(folder, "none")}`],
  },
  {
    words: ["serve", "--maildir", folder, "--user", "a:x"],
    code: 66,
    says: ["is no Maildir: neither cur/ nor new/ is in it", `--maildir '${folder}/%{user}'`],
  },
  {
    words: ["serve", "--maildir", `${folder}/%{usr}`, "--user", "a:x"],
    code: 78,
    says: ['--maildir: spool.maildir: "%{usr}" is no variable'],
  },
  {
    words: ["serve", ...QUICK, "--listen", "0.0.0.0:1110"],
    code: 78,
    says: ["--listen: 0.0.0.0:1110 can be reached from elsewhere", "--plaintext always"],
  },
  {
    words: ["serve", ...QUICK, "--listen", "[::]:1110"],
    code: 78,
    says: ["--listen: [::]:1110 can be reached from elsewhere"],
  },
  {
    words: ["serve", ...QUICK, "--listen", "1110"],
    code: 78,
    says: ['--listen: listen.0: is "1110"; write', "127.0.0.1:995 or [::1]:995"],
  },
  {
    words: ["serve", ...QUICK, "--listen", "tls://127.0.0.1:1995"],
    code: 78,
    says: ["--listen: listen.0.tls: 127.0.0.1:1995 is to speak TLS (implicit) without a certificate"],
  },
  { words: ["serve", ...QUICK, "--certificate", "c.pem"], code: 78, says: ["tls.key: is missing"] },
  {
    words: ["serve", ...QUICK, "--certificate", "/nonexistent.pem", "--key", "/nonexistent.pem"],
    code: 66,
    says: ["tls.certificate: /nonexistent.pem: cannot be read (ENOENT)"],
  },
  { words: ["serve", ...QUICK, "--log.file", "/nonexistent/log"], code: 73, says: ["log.file:", "/nonexistent/log"] },
  {
    words: ["serve", ...QUICK, "--timeouts.autologout", "1m"],
    code: 78,
    says: ["--timeouts.autologout: timeouts.autologout: is 1m; write 10m to 1d"],
  },
  { words: ["inspect", "/nonexistent/Maildir"], code: 66, says: ["/nonexistent/Maildir does not exist"] },
  { words: ["inspect", `${folder}/.`], code: 66, says: ["is no Maildir: new/ or cur/ is missing in it"] },
];

for (const [kind, rows, run] of [
  ["typing error", TYPING_ERRORS, postigo],
  ["quick mode", QUICK_MODE, call],
] as const) {
  describe(kind, { concurrency: 2, timeout: 60_000 }, () => {
    for (const { words, code, says } of rows) {
      test(`postigo ${words.join(" ").replaceAll(folder, "…")} ends with ${code} and says why`, async () => {
        const { code: ended, out, err } = await run(words);
        for (const part of says) assert.ok(err.includes(part), `${err}\ndoes not say\n${part}`);
        assert.equal(ended, code, err);
        assert.equal(out, "");
        assert.match(err, /^(postigo: .*\n)+$/, "each line names the program");
        assert.doesNotMatch(err, /\n\s+at |internal fault/, "no stack trace");
      });
    }
  });
}

describe("help", { concurrency: 2 }, () => {
  test("postigo --help lists the commands", async () => {
    const { code, out, err } = await postigo(["--help"]);
    assert.equal(code, 0);
    assert.equal(err, "");
    for (const command of ["serve", "check", "hash", "inspect"]) assert.match(out, new RegExp(`postigo ${command}`));
  });

  for (const command of ["serve", "check", "hash", "inspect"]) {
    test(`postigo ${command} --help has an example and fits a terminal`, async () => {
      const { code, out } = await postigo([command, "--help"]);
      assert.equal(code, 0);
      assert.match(out, /Examples:/);
      assert.ok(out.split("\n").every((line) => line.length <= 100));
    });
  }

  test("postigo --version prints name and number", async () => {
    const { code, out } = await postigo(["--version"]);
    assert.equal(code, 0);
    assert.match(out, /^postigo \d+\.\d+\.\d+\n$/);
  });
});
