import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { loadConfig } from "#server/config/load-config";
import { makeCertificate } from "../support/make-certificate.js";
import { call, postigo, temporaryFolder } from "./support.js";

/** A configuration that is good in every respect; `more` is put behind it. */
const goodFolder = (t: TestContext, more = "", days = 365) => {
  const folder = temporaryFolder(t);
  mkdirSync(join(folder, "mail/ana"), { recursive: true });
  const { certificate, key } = makeCertificate(folder, [], days);
  chmodSync(key, 0o600);
  writeFileSync(join(folder, "users"), "ana:{PLAIN}sekrit\n", { mode: 0o600 });
  const file = join(folder, "postigo.yaml");
  writeFileSync(
    file,
    `listen: [{ address: "::1", port: 1995, tls: implicit }]
tls: { certificate: "${certificate}", key: "${key}" }
spool: { maildir: "mail/%{user}" }
accounts: [{ type: users-file, path: users }]
${more}`,
  );
  return { folder, file, key };
};

test("a good configuration ends with 0, silent on standard error, and is printed so that it reads back as the same", async (t) => {
  const { file } = goodFolder(t, "timeouts: { stalled: 90s }\nauth: { mechanisms: [PLAIN] }\nlock: { directory: . }\n");
  const { code, out, err } = await postigo(["check", "--config", file]);
  assert.equal(err, "");
  assert.equal(code, 0);
  const before = loadConfig({ file });
  const after = loadConfig({ file: "/elsewhere/postigo.yaml", text: out });
  assert.ok(before.ok && after.ok);
  assert.deepEqual(after.config, before.config);
});

test("a canary directory that the server will make is no problem", async (t) => {
  const { file } = goodFolder(t, "canary: { directory: state/canary }\n");
  const { code, err } = await postigo(["check", "--config", file]);
  assert.deepEqual([code, err], [0, ""]);
});

test("--json prints one document", async (t) => {
  const { file } = goodFolder(t);
  const { code, out } = await call(["check", "--json", "--config", file]);
  assert.equal(code, 0);
  const { valid, problems, warnings, configuration } = JSON.parse(out);
  assert.deepEqual({ valid, problems, warnings }, { valid: true, problems: [], warnings: [] });
  assert.equal(configuration.timeouts.autologout, "10m");
});

test("a configuration that is wrong ends with 78, names every place, and prints nothing", async (t) => {
  const { file } = goodFolder(t, "timeouts: { autologout: 5m }\nlimts: {}\n");
  const { code, out, err } = await postigo(["check", "--config", file]);
  assert.equal(code, 78);
  assert.equal(out, "");
  assert.deepEqual(
    err.split("\n").map((line) => line.split(": ").slice(0, 3).join(": ")),
    [`postigo: ${file}:5:25: timeouts.autologout`, `postigo: ${file}:6:1: limts`, ""],
  );
});

test("--json tells what is wrong as data", async (t) => {
  const { file } = goodFolder(t, "limts: {}\n");
  const { code, out } = await call(["check", "--json", "--config", file]);
  assert.equal(code, 78);
  const { valid, problems } = JSON.parse(out);
  assert.equal(valid, false);
  assert.deepEqual(problems, [
    { where: `${file}:5:1`, key: "limts", message: 'there is no such key; did you mean "limits"?' },
  ]);
});

test("no password is shown, in clear or as a hash", async (t) => {
  const { file } = goodFolder(t, "");
  const flags = ["--user", "bob:sekrit", "--user", "eve:{SSHA}sekritsekrit", "--user", "sekrit"];
  for (const json of [[], ["--json"]]) {
    const { out, err } = await call(["check", "--config", file, ...flags, ...json]);
    assert.doesNotMatch(out + err, /sekrit/);
    assert.match(out, /bob:\*+/);
  }
});

test("POSTIGO_CONFIG names the file, other variables change keys, strange ones are told", async (t) => {
  const { file } = goodFolder(t);
  const env = { POSTIGO_CONFIG: file, POSTIGO_LIMITS_CONNECTIONS: "7", POSTIGO_LIMIT_CONNECTIONS: "8" };
  const { code, out, err } = await postigo(["check"], { env });
  assert.equal(code, 0);
  assert.match(out, /connections: 7/);
  assert.match(err, /^postigo: warning: POSTIGO_LIMIT_CONNECTIONS: .* did you mean POSTIGO_LIMITS_CONNECTIONS\?\n$/);
});

const DISCOVERIES: readonly {
  readonly name: string;
  readonly code: number;
  readonly change: (good: ReturnType<typeof goodFolder>) => void;
  readonly says: RegExp;
}[] = [
  {
    name: "a users file that is not there",
    code: 66,
    change: ({ file, folder }) => writeFileSync(file, CONFIG(folder).replace("path: users", "path: nobody")),
    says: /\/nobody: the users file cannot be opened \(ENOENT\); name the right file/,
  },
  {
    name: "a users file with nobody in it",
    code: 78,
    change: ({ folder }) => writeFileSync(join(folder, "users"), "# nobody\n"),
    says: /\/users: holds no account; write a line/,
  },
  {
    name: "a bad line in the users file",
    code: 0,
    change: ({ folder }) => writeFileSync(join(folder, "users"), "ana:{PLAIN}x\nbob\n"),
    says: /warning: .*\/users:2:4: there is no colon/,
  },
  {
    name: "a users file for everybody",
    code: 0,
    change: ({ folder }) => chmodSync(join(folder, "users"), 0o644),
    says: /warning: .*\/users: every user of this machine can read the password hashes/,
  },
  {
    name: "an empty spool",
    code: 78,
    change: ({ file, folder }) => {
      mkdirSync(join(folder, "empty"));
      writeFileSync(file, CONFIG(folder).replace("mail/%", "empty/%"));
    },
    says: /\/empty: is empty, as if the spool were not mounted/,
  },
  {
    name: "a user that this machine does not know",
    code: 77,
    change: ({ file, folder }) => writeFileSync(file, `${CONFIG(folder)}user: nobody-of-that-name\n`),
    says: /user: there is no user "nobody-of-that-name"; create it/,
  },
  {
    name: "a log that is a folder",
    code: 73,
    change: ({ file, folder }) => writeFileSync(file, `${CONFIG(folder)}log: { file: mail }\n`),
    says: /log\.file: .*\/mail cannot be written to \(EISDIR\)/,
  },
  {
    name: "no spool",
    code: 78,
    change: ({ file, folder }) => writeFileSync(file, CONFIG(folder).replace("mail/%", "nomail/%")),
    says: /\/nomail: the spool cannot be read \(ENOENT\); mount it/,
  },
  {
    name: "a key that does not fit",
    code: 78,
    change: ({ folder, key }) => writeFileSync(key, readFileSync(makeCertificate(join(folder, "other")).key)),
    says: /tls\.key: .*this is not the key of the certificate/,
  },
  {
    name: "a FIFO for a key",
    code: 78,
    change: ({ key }) => fifoFor(key),
    says: /tls\.key: .*key\.pem: cannot be read \(not-a-file\); name the file/,
  },
  {
    name: "a FIFO for the users file",
    code: 78,
    change: ({ folder }) => fifoFor(join(folder, "users")),
    says: /\/users: the users file is not a regular file/,
  },
  {
    name: "a FIFO for the configuration",
    code: 78,
    change: ({ file }) => fifoFor(file),
    says: /\/postigo\.yaml: is not a regular file \(a FIFO, a device\); put the configuration in its place/,
  },
  {
    name: "a configuration of 16 MiB and more",
    code: 78,
    change: ({ file }) => truncateSync(file, 16 * 1024 * 1024 + 1),
    says: /\/postigo\.yaml: is over 16777216 octets/,
  },
  {
    name: "rubbish for a certificate",
    code: 78,
    change: ({ folder }) => writeFileSync(join(folder, "cert.pem"), "hello"),
    says: /tls\.certificate: .*holds no certificate that can be read/,
  },
  {
    name: "a key for everybody",
    code: 0,
    change: ({ key }) => chmodSync(key, 0o644),
    says: /warning: .*every user of this machine can read the key/,
  },
  {
    name: "a lock directory that is not there",
    code: 78,
    change: ({ file, folder }) => writeFileSync(file, `${CONFIG(folder)}lock: { directory: nolocks }\n`),
    says: /lock\.directory: .*\/nolocks cannot be written to \(ENOENT\)/,
  },
  {
    name: "a log in a folder that is not there",
    code: 73,
    change: ({ file, folder }) => writeFileSync(file, `${CONFIG(folder)}log: { file: nolog/x }\n`),
    says: /log\.file: .*\/nolog cannot be written to/,
  },
];

const fifoFor = (path: string): void => {
  rmSync(path);
  execFileSync("mkfifo", [path]);
};

const CONFIG = (folder: string): string => `listen: [{ address: "::1", port: 1995, tls: implicit }]
tls: { certificate: ${folder}/cert.pem, key: ${folder}/key.pem }
spool: { maildir: "mail/%{user}" }
accounts: [{ type: users-file, path: users }]
`;

for (const { name, code, change, says } of DISCOVERIES) {
  test(`${name} is found, and ends with ${code}`, async (t) => {
    const good = goodFolder(t);
    change(good);
    const { code: ended, err } = await call(["check", "--config", good.file]);
    assert.match(err, says);
    assert.equal(ended, code, err);
  });
}

for (const { name, code, change } of DISCOVERIES.filter(({ code }) => code === 77 || code === 73)) {
  test(`serve ends with ${code} too for ${name}`, async (t) => {
    const good = goodFolder(t);
    change(good);
    const { code: ended, err } = await postigo(["serve", "--config", good.file]);
    assert.equal(ended, code, err);
  });
}

test("of several faults check ends with the code of the first one, as serve does", async (t) => {
  const { file, folder } = goodFolder(t);
  writeFileSync(file, `${CONFIG(folder).replace("path: users", "path: nobody")}log: { file: nolog/x }\n`);
  const codes = await Promise.all(
    ["check", "serve"].map(async (word) => (await postigo([word, "--config", file])).code),
  );
  assert.deepEqual(codes, [66, 66]);
});

test("a certificate that is soon over is a warning", async (t) => {
  const { file } = goodFolder(t, "", 5);
  const { code, err } = await call(["check", "--config", file]);
  assert.match(err, /warning: .*cert\.pem: expires at .*, in [45] days; renew it/);
  assert.equal(code, 0);
});
