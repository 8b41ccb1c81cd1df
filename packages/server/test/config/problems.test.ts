// What is wrong in a file, and exactly what the operator reads about it. The text under test begins at line 4.

import assert from "node:assert/strict";
import { test } from "node:test";
import { minimal, problemsOf, warningsOf } from "./support.js";

interface Row {
  readonly name: string;
  readonly text: string;
  /** Start of the one line that is printed, or a pattern for it. */
  readonly says: string | RegExp;
}

const UNKNOWN_KEYS: readonly Row[] = [
  {
    name: "a slip at the top",
    text: "lsten: []",
    says: 'postigo.yaml:4:1: lsten: there is no such key; did you mean "listen"?',
  },
  {
    name: "a slip in a section",
    text: "limits:\n  per_addres: 3",
    says: 'postigo.yaml:5:3: limits.per_addres: there is no such key; did you mean "per_address"?',
  },
  {
    name: "a dash for an underscore",
    text: "limits: { per-account: 3 }",
    says: 'postigo.yaml:4:11: limits.per-account: there is no such key; did you mean "per_account"?',
  },
  {
    name: "a key of another section",
    text: "autologout: 10m",
    says: "postigo.yaml:4:1: autologout: there is no such key here; it belongs under timeouts:",
  },
  {
    name: "a key of nobody",
    text: "lock: { bananas: 1 }",
    says: "postigo.yaml:4:9: lock.bananas: there is no such key; lock takes wait, stale, directory",
  },
  {
    name: "a key in a list",
    text: 'listen: [{ address: "::", port: 1, tls: none, prot: 2 }]',
    says: 'postigo.yaml:4:47: listen.0.prot: there is no such key; did you mean "port"?',
  },
  {
    name: "an unknown key without a value",
    text: "spol:",
    says: 'postigo.yaml:4:1: spol: there is no such key; did you mean "spool"?',
  },
  { name: "a merge key of YAML 1.1", text: "<<: { workers: 2 }", says: "postigo.yaml:4:1: <<: there is no such key" },
  { name: "__proto__", text: "__proto__: { workers: 2 }", says: "postigo.yaml:4:1: __proto__: there is no such key" },
];

const SYNTAX: readonly Row[] = [
  {
    name: "an unquoted :: in a block",
    text: "listen:\n  - address: ::\n    port: 110",
    says: 'postigo.yaml:5:14: an IPv6 address must stand in quotes; write "::"',
  },
  {
    name: "an unquoted :: in braces",
    text: "listen: [{ address: ::, port: 1, tls: none }]",
    says: 'postigo.yaml:4:21: an IPv6 address must stand in quotes; write "::"',
  },
  {
    name: "a tab",
    text: "limits:\n\tconnections: 1",
    says: "postigo.yaml:5:1: a tab cannot indent in YAML; use spaces",
  },
  {
    name: "a key twice",
    text: "workers: 1\nworkers: 2",
    says: "postigo.yaml:5:1: this key stands twice in its section; keep one of them",
  },
  {
    name: "a template that begins with %",
    text: "uidl: { format: %n }",
    says: /^postigo\.yaml:4:17: a value that begins with %, @ or ` must stand in quotes$/,
  },
  { name: "an open bracket", text: "listen: [", says: /^postigo\.yaml:4:10: / },
  {
    name: "an open quote",
    text: 'user: "vmail',
    says: /^postigo\.yaml:4:\d+: a quote, bracket, comma or colon is missing here$/,
  },
  {
    name: "an indented neighbour",
    text: "limits:\n  connections: 1\n   per_account: 2",
    says: /^postigo\.yaml:5:\d+: two keys on one line, or indented too far/,
  },
  { name: "a second document", text: "---\nworkers: 2", says: "postigo.yaml:4:1: a second document begins here" },
  { name: "a tag", text: "user: !!js/function x", says: "postigo.yaml:4:7: tags (!…) mean nothing here" },
  {
    name: "an alias of nothing",
    text: "user: *nobody",
    says: "postigo.yaml:4:7: no anchor &nobody stands before this alias; write the value out",
  },
  {
    name: "an anchor that holds itself",
    text: "log: &log\n  file: *log",
    says: "postigo.yaml:5:9: is nested too deeply",
  },
];

const VALUES: readonly Row[] = [
  {
    name: "deleted mail that goes nowhere known",
    text: "maildrop: { deleted: bin }",
    says: 'postigo.yaml:4:22: maildrop.deleted: is "bin"; write unlink, trash, or hold with a time, such as hold 30d',
  },
  {
    name: "deleted mail held for no time",
    text: "maildrop: { deleted: hold }",
    says: 'postigo.yaml:4:22: maildrop.deleted: is "hold"; write unlink, trash, or hold with a time, such as hold 30d',
  },
  {
    name: "deleted mail held for a time without unit",
    text: "maildrop: { deleted: hold 30 }",
    says: 'postigo.yaml:4:22: maildrop.deleted: is "hold 30"; write unlink, trash, or hold with a time, such as hold 30d',
  },
  {
    name: "two times for held mail",
    text: "maildrop: { deleted: hold 30d 5d }",
    says: 'postigo.yaml:4:22: maildrop.deleted: is "hold 30d 5d"; write unlink, trash, or hold with a time, such as hold 30d',
  },
  {
    name: "an age of less than a day",
    text: "maildrop: { expire: 12h }",
    says: "postigo.yaml:4:21: maildrop.expire: is 12h; write 1d to 36500d: RFC 2449 §6.7 counts in days",
  },
  {
    name: "a number without unit",
    text: "timeouts: { login: 180 }",
    says: "postigo.yaml:4:20: timeouts.login: is 180; write a number with its unit: 500ms, 3s, 10m, 1h or 2d",
  },
  {
    name: "no duration",
    text: "timeouts: { login: 3 min }",
    says: 'postigo.yaml:4:20: timeouts.login: is "3 min"; write a number with its unit',
  },
  {
    name: "RFC 1939 §3: an autologout under 10 minutes",
    text: "timeouts: { autologout: 599s }",
    says: "postigo.yaml:4:25: timeouts.autologout: is 599s; write 10m to 1d: RFC 1939 §3 asks for at least 10 minutes",
  },
  {
    name: "a view of minutes",
    text: "maildrop: { recent: 5m }",
    says: "postigo.yaml:4:21: maildrop.recent: is 5m; write 1h to 36500d",
  },
  {
    name: "a canary that never sings",
    text: "canary: { missing: 101 }",
    says: "postigo.yaml:4:20: canary.missing: is 101; write a percentage from 1 to 100",
  },
  {
    name: "an endless lock",
    text: "lock: { stale: 2h }",
    says: "postigo.yaml:4:16: lock.stale: is 2h; write 5s to 1h",
  },
  {
    name: "a wait that no client survives",
    text: "lock: { wait: 1m }",
    says: "postigo.yaml:4:15: lock.wait: is 1m; write 0s to 30s",
  },
  {
    name: "a port too high",
    text: 'listen: [{ address: "::", port: 65536, tls: none }]',
    says: "postigo.yaml:4:33: listen.0.port: is 65536; write a whole number from 0 to 65535",
  },
  {
    name: "a port in quotes",
    text: 'listen: [{ address: "::", port: "110", tls: none }]',
    says: 'postigo.yaml:4:33: listen.0.port: is "110"; write a whole number from 0 to 65535, without quotes or unit',
  },
  {
    name: "no port",
    text: 'listen: [{ address: "::", tls: none }]',
    says: "postigo.yaml:4:10: listen.0.port: is missing; write a whole number",
  },
  {
    name: "IPv6 in brackets without quotes",
    text: "listen: [{ address: [::1], port: 1, tls: none }]",
    says: 'postigo.yaml:4:21: listen.0.address: is ["::1"]; write an IP address in quotes',
  },
  {
    name: "a star",
    text: 'listen: [{ address: "*", port: 1, tls: none }]',
    says: 'postigo.yaml:4:21: listen.0.address: is "*"; write an IP address',
  },
  {
    name: "a host name",
    text: "listen: [{ address: mail.example.org, port: 1, tls: none }]",
    says: 'postigo.yaml:4:21: listen.0.address: is "mail.example.org"; write an IP address',
  },
  {
    name: "a slip in a choice",
    text: 'listen: [{ address: "::", port: 1, tls: startls }]',
    says: 'postigo.yaml:4:41: listen.0.tls: is "startls"; write one of none, starttls, implicit (did you mean "starttls"?)',
  },
  {
    name: "a listener as one word",
    text: 'listen: ["127.0.0.1:110"]',
    says: 'postigo.yaml:4:10: listen.0: is "127.0.0.1:110"; write { address: "::", port: 995, tls: implicit }',
  },
  {
    name: "one listener without a list",
    text: 'listen: { address: "::", port: 1, tls: none }',
    says: "postigo.yaml:4:9: listen: is {",
  },
  { name: "no listener", text: "listen: []", says: "postigo.yaml:4:9: listen: is empty" },
  {
    name: "yes for true",
    text: "auth: { apop: yes }",
    says: 'postigo.yaml:4:15: auth.apop: is "yes"; write true or false',
  },
  {
    name: "a mechanism in lower case",
    text: "auth: { mechanisms: [plain] }",
    says: 'postigo.yaml:4:22: auth.mechanisms.0: is "plain"; write one of PLAIN, LOGIN, CRAM-MD5, SCRAM-SHA-1, SCRAM-SHA-256 (did you mean "PLAIN"?)',
  },
  {
    name: "a word for a number",
    text: "limits: { connections: many }",
    says: 'postigo.yaml:4:24: limits.connections: is "many"; write a whole number from 1 to 1000000',
  },
  {
    name: "a fraction",
    text: "limits: { connections: 1.5 }",
    says: "postigo.yaml:4:24: limits.connections: is 1.5; write a whole number",
  },
  {
    name: "an infinite number",
    text: "limits: { connections: .inf }",
    says: "postigo.yaml:4:24: limits.connections: is Infinity; write a whole number",
  },
  {
    name: "a list for a section",
    text: "limits: [1]",
    says: "postigo.yaml:4:9: limits: is [1]; write its keys below it",
  },
  {
    name: "workers in words",
    text: "workers: all",
    says: /^postigo\.yaml:4:10: workers: is "all"; write auto or a whole number from 1 to 256/,
  },
  {
    name: "no workers",
    text: "workers: 0",
    says: /^postigo\.yaml:4:10: workers: is 0; write auto or a whole number from 1 to 256/,
  },
  {
    name: "an empty path",
    text: 'log: { file: "" }',
    says: "postigo.yaml:4:14: log.file: is empty; write the path of the log file",
  },
  {
    name: "a control socket without a path",
    text: "control: {}",
    says: "postigo.yaml:4:10: control.socket: is missing; write the path of the socket for postigo who and postigo kick, such as /run/postigo/control.sock",
  },
  {
    name: "a port of the metrics that is none",
    text: "metrics: { port: 99999 }",
    says: "postigo.yaml:4:18: metrics.port: is 99999; write a whole number from 0 to 65535, without quotes or unit",
  },
  {
    name: "a long value",
    text: `user: [${"x".repeat(100)}]`,
    says: /^postigo\.yaml:4:7: user: is \["x{55}\.\.\.; write/,
  },
];

const CROSS_CHECKS: readonly Row[] = [
  {
    name: "two listeners in one place",
    text: 'listen: [{ address: "::", port: 110, tls: none }, { address: "::", port: 110, tls: starttls }]',
    says: "postigo.yaml:4:51: listen.1: [::]:110 stands in the list twice; keep one of the two",
  },
];

for (const [kind, rows] of Object.entries({ UNKNOWN_KEYS, SYNTAX, VALUES, CROSS_CHECKS })) {
  for (const { name, text, says } of rows) {
    test(`${kind.toLowerCase().replace("_", " ")}: ${name}`, () => {
      const problems = problemsOf(minimal(text));
      assert.equal(problems.length, 1, problems.join("\n"));
      const [problem = ""] = problems;
      if (typeof says === "string") assert.ok(problem.startsWith(says), `${problem}\ndoes not begin with\n${says}`);
      else assert.match(problem, says);
    });
  }
}

const WHOLE_FILES: readonly { readonly name: string; readonly text: string; readonly says: readonly string[] }[] = [
  {
    name: "an empty file names the three things that are needed",
    text: "",
    says: [
      "postigo.yaml:1:1: tls: is missing",
      "postigo.yaml:1:1: spool.maildir: is missing",
      "postigo.yaml:1:1: accounts: nobody could log in",
    ],
  },
  { name: "a list at the top", text: "- a", says: ['postigo.yaml:1:1: is ["a"]; write its keys below it'] },
  { name: "a text at the top", text: "hello", says: ['postigo.yaml:1:1: is "hello"; write its keys below it'] },
  {
    name: "another program's file",
    text: "x".repeat(2_000_000),
    says: ["postigo.yaml: has more than 1048576 characters"],
  },
  {
    name: "accounts of unknown types",
    text: minimal("").replace("[{ type: users-file, path: users }]", "[{ type: sql }, { path: x }, 3]"),
    says: [
      "accounts.0.type: has no type that is known",
      "accounts.1.type: has no type that is known",
      "accounts.2: is no source of accounts; write",
    ].map((text, position) => `postigo.yaml:3:${[20, 27, 40][position]}: ${text}`),
  },
  {
    name: "a listener with TLS and no certificate is told at the listener",
    text: minimal("listen:\n  - { address: 127.0.0.1, port: 995, tls: implicit }").replace(/^tls.*\n/, ""),
    says: ["postigo.yaml:4:43: listen.0.tls: 127.0.0.1:995 is to speak TLS (implicit) without a certificate"],
  },
  {
    name: "half a certificate",
    text: minimal("").replace(", key: tls/key.pem", ""),
    says: ["postigo.yaml:1:6: tls.key: is missing; write the path of its private key"],
  },
  ...["@", "++", "a", "/"].map((separator) => ({
    name: `a separator that a name may need: ${separator}`,
    text: minimal("").replace("spool: {", `spool: { folder_separator: "${separator}",`),
    says: [
      `postigo.yaml:2:28: spool.folder_separator: is "${separator}"; write one of ! # $ & * + , - = ^ _ | ~ in quotes`,
    ],
  })),
  {
    name: "one maildrop for all",
    text: minimal("").replace("%{domain}/%{local}", "shared"),
    says: [
      'postigo.yaml:2:19: spool.maildir: "/var/mail/shared" is the same for every user; put %{user} or %{local} in',
    ],
  },
  {
    name: "one maildrop for a domain",
    text: minimal("").replace("%{domain}/%{local}", "%{domain}"),
    says: ['postigo.yaml:2:19: spool.maildir: "/var/mail/%{domain}" is the same for every user'],
  },
  {
    name: "an unknown variable",
    text: minimal("").replace("%{local}", "%{name}"),
    says: ['postigo.yaml:2:19: spool.maildir: "%{name}" is no variable; use %{user}'],
  },
  {
    name: "a template that climbs",
    text: minimal("").replace("%{local}", "%{local}/../x"),
    says: ['postigo.yaml:2:19: spool.maildir: the path holds ".."'],
  },
];

for (const { name, text, says } of WHOLE_FILES) {
  test(`whole file: ${name}`, () => {
    const problems = problemsOf(text);
    assert.equal(problems.length, says.length, problems.join("\n"));
    for (const [position, start] of says.entries()) {
      assert.ok(problems[position]?.startsWith(start), `${problems[position]}\ndoes not begin with\n${start}`);
    }
  });
}

test("a lone colon in a line that is wrong is not taken for an IPv6 address", () => {
  assert.doesNotMatch(problemsOf(minimal("listen : [")).join(), /IPv6/);
});

test("aliases that unfold without end are refused in bounded time", () => {
  const levels = Array.from({ length: 12 }, (_, level) => `x${level}: &x${level} [${`*x${level - 1}, `.repeat(9)}]`);
  const bomb = [`x: &x-1 [${"a, ".repeat(9)}]`, ...levels].join("\n").replaceAll("*x-1", "*x-1");
  assert.match(problemsOf(bomb)[0] ?? "", /^postigo\.yaml:\d+:\d+: is nested too deeply or unfolds to too many values/);
});

test("a password in the file is never shown", () => {
  const inline = (users: string) => `[{ type: inline, users: ${users} }]`;
  const wrong = ["sekrit", "{ ana: sekrit }", "[[sekrit]]", "[{ ana: sekrit }]"].map(inline);
  for (const accounts of [
    ...wrong,
    '["ana:sekrit"]',
    "ana:sekrit",
    "{ ana: sekrit }",
    "[[ana, sekrit]]",
    "[{ ana: sekrit }]",
  ]) {
    const text = minimal("").replace("[{ type: users-file, path: users }]", accounts);
    assert.doesNotMatch(problemsOf(text).join("\n"), /sekrit/, accounts);
  }
});

test("a listener without TLS that others can reach is a warning, on loopback it is none", () => {
  const listener = (address: string) => minimal(`listen: [{ address: "${address}", port: 110, tls: none }]`);
  for (const address of ["0.0.0.0", "2001:db8::1", "192.0.2.1"]) {
    assert.match(
      warningsOf(listener(address)).join("\n"),
      /^postigo\.yaml:4:\d+: listen\.0\.tls: mail crosses the network/,
    );
  }
  for (const address of ["127.0.0.1", "127.1.2.3", "::1", "0:0:0:0:0:0:0:1", "::ffff:127.0.0.1"]) {
    assert.deepEqual(warningsOf(listener(address)), []);
  }
});

test("metrics that can be reached from elsewhere are a warning, with what to do", () => {
  assert.match(
    warningsOf(minimal('metrics: { address: "0.0.0.0" }')).join("\n"),
    /postigo\.yaml:4:\d+: metrics\.address: can be reached from elsewhere.*; use 127\.0\.0\.1/,
  );
  assert.deepEqual(warningsOf(minimal('metrics: { address: "::1" }')), []);
});

test("a listener for proxies without any proxy that is believed is refused", () => {
  assert.deepEqual(problemsOf(minimal('listen: [{ address: "::1", port: 110, tls: none, proxy: true }]')), [
    'postigo.yaml:4:57: listen.0.proxy: [::1]:110 would refuse everybody: no proxy is believed; name the networks of the proxies: proxy: { from: ["10.0.0.0/8"] }',
  ]);
});

for (const from of ["[10.0.0.0/33]", '["proxy.example.org"]', "[7]", '["fe80::1%eth0"]', "10.0.0.0/8"]) {
  test(`proxy.from: ${from} is told with what to write`, () => {
    const [problem = "", ...others] = problemsOf(minimal(`proxy: { from: ${from} }`));
    assert.match(problem, /^postigo\.yaml:4:\d+: proxy\.from(\.0)?: is .*; write .*10\.0\.0\.0\/8/);
    assert.deepEqual(others, []);
  });
}

test("a network of proxies that is everybody is a warning", () => {
  assert.match(
    warningsOf(minimal('proxy: { from: ["10.0.0.0/8", "0.0.0.0/0"] }')).join("\n"),
    /proxy\.from\.1: believes/,
  );
  assert.deepEqual(warningsOf(minimal('proxy: { from: ["10.0.0.0/8", "::1"] }')), []);
});
