import { createConnection, createServer } from "node:net";
import { setTimeout as pause } from "node:timers/promises";

const WAIT_MS = 15_000;
const STEP_MS = 100;

/** Waits until a POP3 greeting comes from this port of the loopback; throws after 15 s, or as soon as `failed()` tells why not. */
export async function waitForGreeting(port, failed = () => undefined) {
  const deadline = Date.now() + WAIT_MS;
  while (!(await greets(port))) {
    const reason = failed();
    if (reason !== undefined) throw new Error(reason);
    if (Date.now() > deadline) throw new Error(`no greeting on port ${port}`);
    await pause(STEP_MS);
  }
}

function greets(port) {
  return new Promise((resolve) => {
    const socket = createConnection({ host: "127.0.0.1", port, timeout: 5_000 });
    const end = (outcome) => {
      socket.destroy();
      resolve(outcome);
    };
    socket.on("data", (octets) => {
      socket.write("QUIT\r\n");
      end(octets.toString("latin1").startsWith("+OK"));
    });
    for (const event of ["error", "close", "timeout"]) socket.on(event, () => end(false));
  });
}

/** A port of the loopback that is free now. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer().on("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}
