import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { type TestContext, test } from "node:test";
import { HttpEndpoint } from "#server/metrics/http-endpoint";

interface Behind {
  hindrance?: string | undefined;
  metrics?: () => Promise<string>;
}

async function listening(t: TestContext, behind: Behind = {}): Promise<string> {
  const endpoint = new HttpEndpoint({
    address: "127.0.0.1",
    port: 0,
    metrics: behind.metrics ?? (async () => "postigo_x 1\n"),
    hindrance: async () => behind.hindrance,
  });
  t.after(() => endpoint.close());
  return `http://127.0.0.1:${await endpoint.listen()}`;
}

test("/readyz follows the gateway, with the reason in its body", async (t) => {
  const behind: Behind = { hindrance: "starting" };
  const origin = await listening(t, behind);
  const ask = async () => {
    const response = await fetch(`${origin}/readyz`);
    return [response.status, await response.text()];
  };
  assert.deepEqual(await ask(), [503, "starting\n"]);
  behind.hindrance = undefined;
  assert.deepEqual(await ask(), [200, "ready\n"]);
});

test("metrics that cannot be had are an error of that request, and of no other", async (t) => {
  const origin = await listening(t, { metrics: () => Promise.reject(new Error("no answer")) });
  const response = await fetch(`${origin}/metrics`);
  assert.equal(response.status, 500);
  assert.match(await response.text(), /no answer/);
  assert.equal((await fetch(`${origin}/healthz`)).status, 200);
});

test("HEAD has the length and no body; a query is looked over", async (t) => {
  const origin = await listening(t);
  const response = await fetch(`${origin}/metrics?x=1`, { method: "HEAD" });
  assert.equal(response.headers.get("content-length"), "12");
  assert.equal(response.headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  assert.equal(await response.text(), "");
});

test("RFC 9112 §3.2.2: a target in absolute form is accepted", async (t) => {
  const origin = new URL(await listening(t));
  const socket = connect(Number(origin.port), origin.hostname);
  t.after(() => socket.destroy());
  socket.write(`GET HTTP://${origin.host}/healthz?x HTTP/1.1\r\nhost: ${origin.host}\r\n\r\n`);
  const [answer] = await once(socket, "data");
  assert.match(String(answer), /^HTTP\/1\.1 200 /);
});

test("a header that is too long is refused, not kept", async (t) => {
  const origin = new URL(await listening(t));
  const socket = connect(Number(origin.port), origin.hostname);
  t.after(() => socket.destroy());
  socket.write(`GET /metrics HTTP/1.1\r\nx: ${"x".repeat(20_000)}\r\n`);
  const [answer] = await once(socket, "data");
  assert.match(String(answer), /^HTTP\/1\.1 431 /);
});

test("a port that is taken rejects the start with the address in the error", async (t) => {
  const { port } = new URL(await listening(t));
  const second = new HttpEndpoint({
    address: "127.0.0.1",
    port: Number(port),
    metrics: async () => "",
    hindrance: async () => undefined,
  });
  await assert.rejects(second.listen(), { code: "EADDRINUSE", address: "127.0.0.1" });
});
