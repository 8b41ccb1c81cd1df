// A private HAProxy on loopback ports, ended with the test.

import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { cleanUp } from "./clean-up.js";
import { until } from "./eventually.js";
import { accepts, killed } from "./foreign-daemon.js";
import { freePort } from "./free-port.js";
import { temporaryDirectory } from "./temporary-directory.js";

/** What stands behind the address on HAProxy's `server` line, as `send-proxy-v2 check`. */
export interface Route {
  readonly to: number;
  readonly options: string;
}

/** Gives a port for each route, in order, once HAProxy accepts there. */
export async function startHaproxy(t: TestContext, routes: readonly Route[]): Promise<readonly number[]> {
  const ports: number[] = [];
  for (const _ of routes) ports.push(await freePort());
  const file = join(temporaryDirectory(t), "haproxy.cfg");
  writeFileSync(file, configuration(routes, ports));
  // -db: stays in the foreground, one process.
  const child = spawn("haproxy", ["-db", "-f", file], { stdio: ["ignore", "inherit", "inherit"] });
  cleanUp(t, () => killed(child));
  for (const port of ports) await until(`HAProxy listens on ${port}`, () => accepts(port));
  return ports;
}

const configuration = (routes: readonly Route[], ports: readonly number[]): string =>
  [
    "defaults",
    "  mode tcp",
    "  timeout connect 5s",
    "  timeout client 1m",
    "  timeout server 1m",
    ...routes.flatMap(({ to, options }, index) => [
      `listen route${index}`,
      `  bind 127.0.0.1:${ports[index]}`,
      `  server gateway 127.0.0.1:${to} ${options}`,
    ]),
    "",
  ].join("\n");
