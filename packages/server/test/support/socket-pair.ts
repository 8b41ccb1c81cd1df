// Two ends of a real connection on loopback.

import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import type { TestContext } from "node:test";

export interface SocketPair {
  readonly server: Socket;
  readonly client: Socket;
}

/** Both ends are destroyed with the test. */
export async function socketPair(t: TestContext): Promise<SocketPair> {
  const listener = createServer({ allowHalfOpen: true, noDelay: true });
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const address = listener.address();
  if (address === null || typeof address === "string") throw new Error("no port");
  const client = connect({ port: address.port, host: "127.0.0.1", allowHalfOpen: true });
  const [server] = (await once(listener, "connection")) as [Socket];
  await (client.connecting ? once(client, "connect") : undefined);
  listener.close();
  t.after(() => {
    client.destroy();
    server.destroy();
  });
  server.on("error", () => undefined);
  client.on("error", () => undefined);
  return { server, client };
}

/** Reads until that many octets have come. */
export async function readOctets(socket: Socket, count: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let had = 0;
  for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
    chunks.push(chunk);
    had += chunk.length;
    if (had >= count) break;
  }
  return Buffer.concat(chunks);
}
