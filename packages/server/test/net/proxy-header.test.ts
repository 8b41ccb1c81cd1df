import assert from "node:assert/strict";
import { isIP } from "node:net";
import { test } from "node:test";
import fc from "fast-check";
import { MOST_BINARY_OCTETS, parseProxyHeader } from "#server/net/proxy-header";
import { binaryHeader, IPV4_ADDRESSES, IPV6_ADDRESSES } from "../support/proxy-headers.js";

const text = (line: string): Buffer => Buffer.from(line, "latin1");

const HEADERS: readonly (readonly [string, Buffer, { address: string; port: number } | undefined])[] = [
  ["§2.1: TCP4", text("PROXY TCP4 192.0.2.7 192.0.2.1 56324 110\r\n"), { address: "192.0.2.7", port: 56_324 }],
  [
    "§2.1: the longest TCP6 line",
    text(`PROXY TCP6 ${"ffff:".repeat(7)}ffff ${"ffff:".repeat(7)}ffff 65535 65535\r\n`),
    { address: `${"ffff:".repeat(7)}ffff`, port: 65_535 },
  ],
  [
    "§2.1: TCP6 in its shortest form",
    text("PROXY TCP6 2001:DB8:0::1 ::1 0 110\r\n"),
    { address: "2001:db8::1", port: 0 },
  ],
  ["§2.1: UNKNOWN alone", text("PROXY UNKNOWN\r\n"), undefined],
  ["§2.1: UNKNOWN, whose rest is ignored", text("PROXY UNKNOWN ffff::1 what ever\r\n"), undefined],
  ["§2.2: TCP over IPv4", binaryHeader(0x21, 0x11, IPV4_ADDRESSES), { address: "192.0.2.7", port: 56_324 }],
  ["§2.2: TCP over IPv6", binaryHeader(0x21, 0x21, IPV6_ADDRESSES), { address: "2001:db8::7", port: 56_324 }],
  [
    "§2.2: further fields are skipped",
    binaryHeader(0x21, 0x11, Buffer.concat([IPV4_ADDRESSES, Buffer.alloc(300, 4)])),
    { address: "192.0.2.7", port: 56_324 },
  ],
  ["§2.2: LOCAL with nothing", binaryHeader(0x20, 0x00, Buffer.alloc(0)), undefined],
  ["§2.2: LOCAL, whose addresses are ignored", binaryHeader(0x20, 0x11, IPV4_ADDRESSES), undefined],
  ["§2.2: UNSPEC", binaryHeader(0x21, 0x00, Buffer.alloc(7)), undefined],
  ["§2.2: a local socket", binaryHeader(0x21, 0x31, Buffer.alloc(216)), undefined],
  [
    "§2.2: the longest",
    binaryHeader(0x21, 0x11, padded(MOST_BINARY_OCTETS - 16)),
    { address: "192.0.2.7", port: 56_324 },
  ],
];

for (const [name, header, client] of HEADERS) {
  test(`PROXY ${name}: the client, and where its own octets begin`, () => {
    const behind = Buffer.from("PROXY UNKNOWN\r\nUSER ana\r\n");
    for (const octets of [header, Buffer.concat([header, behind])])
      assert.deepEqual(parseProxyHeader(octets), { length: header.length, client });
  });

  for (const size of [1, 2, 3, 7, 512]) {
    test(`PROXY ${name}: in pieces of ${size} it is incomplete until the last`, () => {
      for (let end = size; end < header.length; end += size)
        assert.equal(parseProxyHeader(header.subarray(0, end)), "incomplete", `${end} octets`);
    });
  }
}

const STRANGERS: readonly (readonly [string, Buffer])[] = [
  ["a command", text("CAPA\r\n")],
  ["a keyword that begins alike", text("PROXIES")],
  ["a protocol that is not assigned", text("PROXY TCP5")],
  ["a TLS handshake", Buffer.from([0x16, 0x03, 0x01, 0x02])],
  ["an HTTP request", text("GET / HTTP/1.1\r\n")],
  ["lower case", text("proxy TCP4")],
  ["a bare LF", text("PROXY TCP4 192.0.2.7 192.0.2.1 1 110\n")],
  ["a CR in the midst", text("PROXY UNKNOWN\r \r\n")],
  ["two spaces", text("PROXY TCP4  192.0.2.7 192.0.2.1 1 110\r\n")],
  ["a space behind", text("PROXY TCP4 192.0.2.7 192.0.2.1 1 110 \r\n")],
  ["a family that does not fit", text("PROXY TCP4 ::1 ::1 1 110\r\n")],
  ["the other family that does not fit", text("PROXY TCP6 192.0.2.7 192.0.2.1 1 110\r\n")],
  ["a name", text("PROXY TCP4 localhost 192.0.2.1 1 110\r\n")],
  ["a number with a leading zero", text("PROXY TCP4 192.0.2.07 192.0.2.1 1 110\r\n")],
  ["a port that is none", text("PROXY TCP4 192.0.2.7 192.0.2.1 65536 110\r\n")],
  ["a port with a leading zero", text("PROXY TCP4 192.0.2.7 192.0.2.1 01 110\r\n")],
  ["a zone", text("PROXY TCP6 fe80::1%eth0 ::1 1 110\r\n")],
  ["a missing port", text("PROXY TCP4 192.0.2.7 192.0.2.1 1\r\n")],
  ["UNKNOWNS", text("PROXY UNKNOWNS\r\n")],
  ["a line without end", text(`PROXY UNKNOWN ${"x".repeat(93)}`)],
  ["a line that ends one octet too late", text(`PROXY UNKNOWN ${"x".repeat(92)}\r\n`)],
  ["version 1 in binary", binaryHeader(0x11, 0x11, IPV4_ADDRESSES)],
  ["version 3", binaryHeader(0x31, 0x11, IPV4_ADDRESSES)],
  ["a command that is not assigned", binaryHeader(0x22, 0x11, IPV4_ADDRESSES)],
  ["a family that is not assigned", binaryHeader(0x21, 0x41, IPV4_ADDRESSES)],
  ["too few octets for IPv4", binaryHeader(0x21, 0x11, IPV4_ADDRESSES.subarray(1))],
  ["too few octets for IPv6", binaryHeader(0x21, 0x21, IPV6_ADDRESSES.subarray(1))],
  ["a length beyond the bound", binaryHeader(0x21, 0x11, padded(MOST_BINARY_OCTETS - 15)).subarray(0, 16)],
];

for (const [name, octets] of STRANGERS) {
  test(`PROXY: ${name} is no header, and no longer waited for`, () =>
    assert.equal(parseProxyHeader(octets), "invalid"));
}

test("PROXY: whatever comes, the answer is a header within its bounds, or none, and more octets do not change it", () => {
  const beginning = fc.constantFrom(
    text("PROXY "),
    text("PROXY TCP4 "),
    binaryHeader(0x21, 0x11, IPV4_ADDRESSES),
    text(""),
  );
  fc.assert(
    fc.property(beginning, fc.uint8Array({ maxLength: 200 }), fc.nat(), (head, tail, cut) => {
      const octets = Buffer.concat([head.subarray(0, cut % (head.length + 1)), tail]);
      const outcome = parseProxyHeader(octets);
      const longer = parseProxyHeader(Buffer.concat([octets, Buffer.from("\r\n")]));
      if (outcome !== "incomplete") assert.deepEqual(longer, outcome);
      if (typeof outcome === "string") return;
      assert.ok(outcome.length >= 15 && outcome.length <= octets.length);
      assert.ok(outcome.client === undefined || isIP(outcome.client.address) !== 0);
    }),
  );
});

test("PROXY: what one side writes the other reads, whatever the addresses", () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), fc.nat(65_535), (address, port) => {
      const block = Buffer.concat([address, Buffer.alloc(20)]);
      block.writeUInt16BE(port, 32);
      const outcome = parseProxyHeader(binaryHeader(0x21, 0x21, block));
      if (typeof outcome === "string" || outcome.client === undefined) assert.fail(String(outcome));
      const line = `PROXY TCP6 ${outcome.client.address} ::1 ${port} 110\r\n`;
      assert.deepEqual(parseProxyHeader(text(line)), { length: line.length, client: outcome.client });
      assert.equal(outcome.client.port, port);
    }),
  );
});

function padded(length: number): Buffer {
  return Buffer.concat([IPV4_ADDRESSES, Buffer.alloc(length - IPV4_ADDRESSES.length)]);
}
