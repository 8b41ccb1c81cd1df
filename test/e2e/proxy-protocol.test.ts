// Behind real proxies: the gateway knows the clients, and the clients know nothing.

import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { GatewayProcess, PASSWORD } from "../support/gateway-process.js";
import { startHaproxy } from "../support/haproxy.js";
import { startNginxMail } from "../support/nginx-mail.js";
import { needs, needsSuccess, run } from "../support/real-client.js";

const CLIENT = "127.0.0.9";
const NGINX_MAIL = ["sh", "-c", "command -v nginx && test -e /usr/lib/nginx/modules/ngx_mail_module.so"] as const;

/** The three listeners of each kind of TLS, for clients themselves, and behind them the same for proxies. */
async function startGateway(t: TestContext, changes: object = {}): Promise<[GatewayProcess, Record<string, number>]> {
  const kinds = ["none", "starttls", "implicit"];
  const listen = [false, true].flatMap((proxy) => kinds.map((tls) => ({ address: "127.0.0.1", port: 0, tls, proxy })));
  const configuration = { listen, proxy: { from: ["127.0.0.1"] }, ...changes };
  const gateway = await GatewayProcess.start(t, { configuration });
  const ports = (await gateway.eventsNamed("listening", 6)).slice(3).map(({ tls, port }) => [tls, port]);
  return [gateway, Object.fromEntries(ports)];
}

const fetchWithCurl = (url: string): ReturnType<typeof run> =>
  run("curl", ["-sSk", "--interface", CLIENT, "-u", `alice:${PASSWORD}`, url]);

for (const option of ["send-proxy", "send-proxy-v2"]) {
  for (const [scheme, kind, extra] of [
    ["pop3", "none", []],
    ["pop3", "starttls", ["--ssl-reqd"]],
    ["pop3s", "implicit", []],
  ] as const) {
    test(
      `PROXY: curl through HAProxy's ${option} collects over ${kind}, under its own address`,
      needs("haproxy"),
      async (t) => {
        const [gateway, ports] = await startGateway(t);
        gateway.maildir().fillWithNumbered(2);
        const [port] = await startHaproxy(t, [{ to: ports[kind] ?? 0, options: option }]);
        const url = `${scheme}://127.0.0.1:${port}/1`;
        const got = await run("curl", ["-sSk", "--interface", CLIENT, ...extra, "-u", `alice:${PASSWORD}`, url]);
        assert.equal(got.status, 0, got.stderr);
        assert.match(got.stdout.toString(), /^Subject: number 1\r$/m);
        assert.equal((await gateway.event("login")).peer, CLIENT);
      },
    );
  }

  test(
    `PROXY: HAProxy's health checks with ${option} find the server alive, whatever limits.per_address`,
    needs("haproxy"),
    async (t) => {
      const [gateway, ports] = await startGateway(t, { limits: { per_address: 1 } });
      gateway.maildir().fillWithNumbered(1);
      const [port] = await startHaproxy(t, [{ to: ports["none"] ?? 0, options: `${option} check inter 50ms fall 1` }]);
      await gateway.event("session-closed", ({ session }) => gateway.events.some((e) => e.session === session));
      const before = gateway.events.length;
      await gateway.event("session-closed", () => true, before);
      assert.equal((await fetchWithCurl(`pop3://127.0.0.1:${port}/`)).status, 0);
      assert.deepEqual(
        gateway.events.filter(({ event }) => event === "connection-refused"),
        [],
      );
    },
  );
}

test("PROXY: who comes past the proxy, without a header, is closed without a greeting", needs("curl"), async (t) => {
  const [gateway, ports] = await startGateway(t);
  const direct = await run("curl", ["-sS", "-m", "15", `telnet://127.0.0.1:${ports["none"]}`], { input: "CAPA\r\n" });
  assert.equal(direct.stdout.length, 0);
  assert.equal((await gateway.event("connection-refused")).peer, "127.0.0.1");
});

test(
  "PROXY: curl through nginx's mail proxy collects under its own address",
  needsSuccess(NGINX_MAIL, "nginx's mail module is missing: apt-get install nginx-light libnginx-mod-mail"),
  async (t) => {
    const [gateway, ports] = await startGateway(t);
    gateway.maildir().fillWithNumbered(2);
    const port = await startNginxMail(t, ports["none"] ?? 0);
    const got = await fetchWithCurl(`pop3://127.0.0.1:${port}/2`);
    assert.equal(got.status, 0, got.stderr);
    assert.match(got.stdout.toString(), /^Subject: number 2\r$/m);
    assert.equal((await gateway.event("login")).peer, CLIENT);
  },
);
