import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server, Socket } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { type ConnectionOptions, connect, TLSSocket } from "node:tls";
import { systemClock } from "#server/clock";
import type { TlsConfig } from "#server/config/config";
import { createTlsContexts, type TlsContexts } from "#server/tls/tls-contexts";
import { TlsError } from "#server/tls/tls-error";
import type { TlsEvent } from "#server/tls/tls-event";
import { FakeClock } from "../support/fake-clock.js";
import { type CertificateFiles, makeCertificate } from "../support/make-certificate.js";
import { tempDirectory } from "../support/temp-directory.js";

const DAY_MS = 86_400_000;

test("the certificate is chosen by the name the client asks for: exact, wildcard, else the default", async (t) => {
  const { contexts } = setUp(t, { names: ["pop.example.org", "*.example.net"] });
  const port = await serve(t, contexts);
  const rows: [servername: string | undefined, expected: string][] = [
    [undefined, "default"],
    ["elsewhere.example", "default"],
    ["pop.example.org", "pop.example.org"],
    ["POP.Example.ORG", "pop.example.org"],
    ["mail.example.net", "*.example.net"],
    ["deep.mail.example.net", "default"],
    ["example.net", "default"],
  ];
  for (const [servername, expected] of rows) {
    assert.equal(await subjectSeen(port, servername === undefined ? {} : { servername }), expected, servername);
  }
});

test("a reload serves the new certificate to the next handshake and leaves open connections alone", async (t) => {
  const { contexts, config } = setUp(t);
  const port = await serve(t, contexts);
  const open = connect({ port, rejectUnauthorized: false });
  await once(open, "secureConnect");
  makeCertificate(join(config.certificate, ".."), ["renewed"]);
  assert.equal(await subjectSeen(port), "default", "replaced on disk, not in force yet");
  contexts.reload(config);
  assert.equal(await subjectSeen(port), "renewed");
  open.write("still here\r\n");
  const [echo] = await once(open, "data");
  assert.equal(String(echo), "still here\r\n");
  open.destroy();
});

test("a reload can bring names where there were none", async (t) => {
  const { contexts, config, make } = setUp(t);
  const port = await serve(t, contexts);
  assert.equal(await subjectSeen(port, { servername: "pop.example.org" }), "default");
  contexts.reload({ ...config, names: [make("pop.example.org")] });
  assert.equal(await subjectSeen(port, { servername: "pop.example.org" }), "pop.example.org");
});

test("a broken replacement is refused and the old certificate stays in force", async (t) => {
  const { contexts, config } = setUp(t);
  const port = await serve(t, contexts);
  writeFileSync(config.certificate, readFileSync(config.certificate).subarray(0, 200));
  assert.throws(() => contexts.reload(config), TlsError);
  assert.equal(await subjectSeen(port), "default");
});

test("STLS: a plain socket that has spoken already is upgraded with the same options", async (t) => {
  const { contexts } = setUp(t);
  const server = createServer((socket) => {
    socket.once("data", () => {
      socket.write("+OK\r\n");
      new TLSSocket(socket, contexts.options).on("error", () => undefined).end("encrypted");
    });
  });
  const port = await listen(t, server);
  const plain = new Socket().connect(port);
  plain.write("STLS\r\n");
  await once(plain, "data");
  const secure = connect({ socket: plain, rejectUnauthorized: false });
  const [text] = await once(secure, "data");
  assert.equal(String(text), "encrypted");
  secure.destroy();
});

test("TLS 1.1 is refused, 1.2 and 1.3 are spoken; with minimum TLSv1.3, 1.2 is refused too", async (t) => {
  const only = (version: "TLSv1.1" | "TLSv1.2" | "TLSv1.3"): ConnectionOptions => ({
    ...{ minVersion: version, maxVersion: version, ciphers: "DEFAULT@SECLEVEL=0" },
  });
  const { contexts, config } = setUp(t);
  const port = await serve(t, contexts);
  await assert.rejects(subjectSeen(port, only("TLSv1.1")));
  assert.equal(await subjectSeen(port, only("TLSv1.2")), "default");
  assert.equal(await subjectSeen(port, only("TLSv1.3")), "default");
  contexts.reload({ ...config, minimum: "TLSv1.3" });
  await assert.rejects(subjectSeen(port, only("TLSv1.2")));
  assert.equal(await subjectSeen(port, only("TLSv1.3")), "default");
});

test("a cipher without forward secrecy is refused", async (t) => {
  const { contexts } = setUp(t);
  const port = await serve(t, contexts);
  for (const ciphers of ["AES256-GCM-SHA384", "AES128-SHA", "NULL-SHA256"]) {
    await assert.rejects(subjectSeen(port, { ciphers: `${ciphers}@SECLEVEL=0`, maxVersion: "TLSv1.2" }), ciphers);
  }
});

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  test(`${version}: a client that comes back resumes its session, also where certificates are chosen by name`, async (t) => {
    for (const names of [[], ["pop.example.org"]]) {
      const { contexts } = setUp(t, { names });
      const port = await serve(t, contexts);
      const options = { port, rejectUnauthorized: false, maxVersion: version, servername: "pop.example.org" };
      const first = connect(options);
      first.write("x");
      const [session] = await once(first, "session");
      first.destroy();
      const second = connect({ ...options, session });
      await once(second, "secureConnect");
      assert.equal(second.isSessionReused(), true);
      second.destroy();
    }
  });
}

test("TLS 1.2: a renegotiation wished by the client is not granted", async (t) => {
  const { contexts } = setUp(t);
  const port = await serve(t, contexts);
  const client = connect({ port, rejectUnauthorized: false, maxVersion: "TLSv1.2" });
  await once(client, "secureConnect");
  client.renegotiate({ rejectUnauthorized: false }, () => undefined);
  const [error] = await once(client, "error");
  assert.match(String(error.code), /NO_RENEGOTIATION/);
  client.destroy();
});

const BROKEN: {
  name: string;
  key: string;
  spoil: (files: CertificateFiles, other: CertificateFiles) => void;
  what: RegExp;
}[] = [
  {
    name: "a missing certificate",
    key: "tls.certificate",
    spoil: ({ certificate }) => remove(certificate),
    what: /ENOENT/,
  },
  { name: "a missing key", key: "tls.key", spoil: ({ key }) => remove(key), what: /ENOENT/ },
  {
    name: "a directory for a key",
    key: "tls.key",
    spoil: ({ key }) => replaceByDirectory(key),
    what: /EISDIR/,
  },
  {
    name: "a FIFO for a certificate",
    key: "tls.certificate",
    spoil: ({ certificate }) => {
      remove(certificate);
      execFileSync("mkfifo", [certificate]);
    },
    what: /not-a-file/,
  },
  {
    name: "a certificate of a size that none has",
    key: "tls.certificate",
    spoil: ({ certificate }) => writeFileSync(certificate, Buffer.alloc(1024 * 1024 + 1)),
    what: /too-large/,
  },
  {
    name: "an empty certificate",
    key: "tls.certificate",
    spoil: ({ certificate }) => writeFileSync(certificate, ""),
    what: /no certificate/,
  },
  {
    name: "the key in the place of the certificate",
    key: "tls.certificate",
    spoil: ({ certificate, key }) => writeFileSync(certificate, readFileSync(key)),
    what: /no certificate/,
  },
  {
    name: "the certificate in the place of the key",
    key: "tls.key",
    spoil: ({ certificate, key }) => writeFileSync(key, readFileSync(certificate)),
    what: /no private key/,
  },
  {
    name: "half a key",
    key: "tls.key",
    spoil: ({ key }) => writeFileSync(key, readFileSync(key).subarray(0, 120)),
    what: /no private key/,
  },
  {
    name: "the key of another certificate",
    key: "tls.key",
    spoil: ({ key }, other) => writeFileSync(key, readFileSync(other.key)),
    what: /not the key of the certificate/,
  },
  { name: "an encrypted key", key: "tls.key", spoil: ({ key }) => encrypt(key), what: /encrypted/ },
];

for (const { name, key, spoil, what } of BROKEN) {
  test(`${name} is told with the configuration key, the file and a remedy, and without a word of the key`, (t) => {
    const { config, make } = setUp(t);
    spoil(config, make("other"));
    const secret = readKeyBody(config.key);
    assert.throws(
      () => createTlsContexts(config, { clock: systemClock, onEvent: () => undefined }),
      (error) => {
        assert.ok(error instanceof TlsError);
        assert.equal(error.key, key);
        assert.match(error.message, what);
        assert.ok(error.message.includes(error.file) && error.remedy.length > 10);
        assert.ok(
          !secret.some((line) => `${error.message}${String(error.stack)}${String(error.cause)}`.includes(line)),
        );
        return true;
      },
    );
  });
}

test("a broken pair among the names is found by its place in the list", (t) => {
  const { config, make } = setUp(t);
  const names = [make("one.example"), { ...make("two.example"), key: "/nowhere/key.pem" }];
  assert.throws(
    () => createTlsContexts({ ...config, names }, { clock: systemClock, onEvent: () => undefined }),
    /^TlsError: tls\.names\[1\]\.key: \/nowhere\/key\.pem: cannot be read \(ENOENT\); /,
  );
});

test("a certificate that is out of its time is served, with a warning 14 days before its end and each time after", (t) => {
  const { config } = setUp(t);
  const leaf = new X509Certificate(readFileSync(config.certificate));
  const end = Date.parse(leaf.validTo);
  const rows: [now: number, expected: readonly TlsEvent[]][] = [
    [end - 14 * DAY_MS, []],
    [
      end - 14 * DAY_MS + 1,
      [{ type: "certificate-expires-soon", file: config.certificate, on: new Date(end).toISOString(), days: 13 }],
    ],
    [
      end - 1,
      [{ type: "certificate-expires-soon", file: config.certificate, on: new Date(end).toISOString(), days: 0 }],
    ],
    [end, [{ type: "certificate-expired", file: config.certificate, since: new Date(end).toISOString() }]],
    [
      Date.parse(leaf.validFrom) - 1,
      [
        {
          type: "certificate-not-yet-valid",
          file: config.certificate,
          from: new Date(Date.parse(leaf.validFrom)).toISOString(),
        },
      ],
    ],
  ];
  for (const [now, expected] of rows) assert.deepEqual(eventsOf(config, now), expected);
});

test("a certificate that does not cover the name it is configured for is told; a wildcard covers itself", (t) => {
  const { config, make } = setUp(t);
  const wrong = { ...make("pop.example.org"), name: "pop.example.com" };
  const events = eventsOf({ ...config, names: [wrong, make("*.example.net"), make("imap.example.org")] });
  assert.deepEqual(events, [{ type: "certificate-misses-name", file: wrong.certificate, name: "pop.example.com" }]);
});

test("a key that everybody may read is told", (t) => {
  const { config } = setUp(t);
  chmodSync(config.key, 0o640);
  assert.deepEqual(eventsOf(config), []);
  chmodSync(config.key, 0o644);
  assert.deepEqual(eventsOf(config), [{ type: "key-readable-by-others", file: config.key }]);
});

test("the certificate of the script covers the loopback, and a good pair is kept by a second run", (t) => {
  const directory = tempDirectory(t);
  const { certificate, key } = makeCertificate(directory);
  const leaf = new X509Certificate(readFileSync(certificate));
  for (const address of ["127.0.0.1", "::1"]) assert.ok(leaf.checkIP(address), address);
  assert.equal(leaf.checkHost("localhost"), "localhost");
  assert.equal(leaf.publicKey.asymmetricKeyDetails?.namedCurve, "prime256v1");
  assert.deepEqual(eventsOf({ certificate, key, names: [], minimum: "TLSv1.2" }), [], "nobody else may read the key");
  execFileSync(process.execPath, [join(import.meta.dirname, "../../../../scripts/make-certificate.mjs"), directory]);
  assert.equal(new X509Certificate(readFileSync(certificate)).serialNumber, leaf.serialNumber);
});

interface SetUp {
  readonly contexts: TlsContexts;
  readonly config: TlsConfig;
  make(name: string): { name: string; certificate: string; key: string };
}

function setUp(t: TestContext, { names = [] }: { names?: readonly string[] } = {}): SetUp {
  const directory = tempDirectory(t);
  let made = 0;
  const make = (name: string) => ({ name, ...makeCertificate(join(directory, String(made++)), [name]) });
  const config: TlsConfig = { ...make("default"), names: names.map(make), minimum: "TLSv1.2" };
  return { config, make, contexts: createTlsContexts(config, { clock: systemClock, onEvent: () => undefined }) };
}

function eventsOf(config: TlsConfig, now = Date.now()): readonly TlsEvent[] {
  const events: TlsEvent[] = [];
  createTlsContexts(config, { clock: new FakeClock(now), onEvent: (event) => void events.push(event) });
  return events;
}

/** Echoes over TLS. */
function serve(t: TestContext, contexts: TlsContexts): Promise<number> {
  const server = createServer((socket) => {
    const secure = new TLSSocket(socket, contexts.options);
    for (const one of [socket, secure]) one.on("error", () => one.destroy());
    secure.pipe(secure);
  });
  return listen(t, server);
}

async function listen(t: TestContext, server: Server): Promise<number> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => sockets.add(socket));
  t.after(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  return (server.address() as AddressInfo).port;
}

async function subjectSeen(port: number, options: ConnectionOptions = {}): Promise<string> {
  const client = connect({ port, rejectUnauthorized: false, ...options });
  try {
    await once(client, "secureConnect");
    return String(client.getPeerCertificate().subject.CN);
  } finally {
    client.destroy();
  }
}

function remove(path: string): void {
  execFileSync("rm", [path]);
}

function replaceByDirectory(path: string): void {
  remove(path);
  mkdirSync(path);
}

function encrypt(key: string): void {
  execFileSync("openssl", ["pkey", "-in", key, "-out", `${key}.new`, "-aes256", "-passout", "pass:secret"]);
  execFileSync("mv", [`${key}.new`, key]);
}

/** The lines of a key that nobody may see; none when it is no file. */
function readKeyBody(path: string): readonly string[] {
  try {
    return readFileSync(path, "latin1")
      .split("\n")
      .filter((line) => line.length > 20 && !line.startsWith("-"));
  } catch {
    return [];
  }
}
