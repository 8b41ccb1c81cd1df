// openssl s_client: a person at a terminal.

import assert from "node:assert/strict";
import { test } from "node:test";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { needs, run } from "../support/real-client.js";

const SESSION = `USER alice\nPASS ${PASSWORD}\nSTAT\nTOP 1 0\nQUIT\n`;

for (const { name, port, options } of [
  { name: "POP3S", port: "implicit", options: [] },
  { name: "STLS", port: "starttls", options: ["-starttls", "pop3"] },
] as const) {
  for (const version of ["-tls1_2", "-tls1_3"]) {
    test(`openssl s_client holds a session over ${name} with ${version.slice(1)}`, needs("openssl"), async (t) => {
      const gateway = await GatewayProcess.start(t);
      gateway.maildir().fillWithNumbered(2);
      const connection = ["-quiet", "-crlf", "-connect", `127.0.0.1:${gateway.ports[port]}`];
      const { stdout, stderr } = await run("openssl", ["s_client", ...connection, ...options, version], {
        input: SESSION,
      });
      const answers = stdout.toString().split("\r\n");
      assert.ok(answers.includes("Subject: number 1"), stdout + stderr);
      assert.equal(
        answers.filter((line) => line.startsWith("+OK")).length,
        name === "POP3S" ? 6 : 5,
        stdout.toString(),
      );
    });
  }
}

test("RFC 8314 §3.3: TLS 1.1 is refused", needs("openssl"), async (t) => {
  const gateway = await GatewayProcess.start(t);
  const connection = [
    "-quiet",
    "-connect",
    `127.0.0.1:${gateway.ports.implicit}`,
    "-tls1_1",
    "-cipher",
    "ALL:@SECLEVEL=0",
  ];
  const { status } = await run("openssl", ["s_client", ...connection], { input: "QUIT\n" });
  assert.notEqual(status, 0);
});
