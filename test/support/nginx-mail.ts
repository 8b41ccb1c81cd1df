// A private nginx as a POP3 proxy, with the HTTP service that it asks where an account's mail is. Ended with the test.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { cleanUp } from "./clean-up.js";
import { until } from "./eventually.js";
import { greets, killed } from "./foreign-daemon.js";
import { freePort } from "./free-port.js";
import { temporaryDirectory } from "./temporary-directory.js";

/** Sends every account to the POP3 server on that port of this machine, with the PROXY protocol; gives nginx's own port. */
export async function startNginxMail(t: TestContext, to: number): Promise<number> {
  const directory = temporaryDirectory(t);
  mkdirSync(join(directory, "logs"));
  const port = await freePort();
  writeFileSync(join(directory, "nginx.conf"), configuration(port, await startDirectory(t, to)));
  const args = ["-p", directory, "-c", "nginx.conf", "-e", "stderr"];
  const child = spawn("nginx", args, { stdio: ["ignore", "inherit", "inherit"] });
  cleanUp(t, () => killed(child));
  await until(`nginx greets on ${port}`, () => greets(port));
  return port;
}

/** What nginx calls `auth_http`. */
async function startDirectory(t: TestContext, to: number): Promise<number> {
  const headers = { "Auth-Status": "OK", "Auth-Server": "127.0.0.1", "Auth-Port": String(to) };
  const server = createServer((_, response) => response.writeHead(200, headers).end());
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUp(t, () => void server.close());
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("no port");
  return address.port;
}

const configuration = (port: number, directory: number): string => `
load_module /usr/lib/nginx/modules/ngx_mail_module.so;
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {}
mail {
  server {
    listen 127.0.0.1:${port};
    protocol pop3;
    pop3_auth plain;
    auth_http 127.0.0.1:${directory}/;
    proxy on;
    proxy_protocol on;
    proxy_pass_error_message on;
  }
}
`;
