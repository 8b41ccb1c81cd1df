// One server of a run: a peer with its ports, its spool and its processes.

import { mkdirSync } from "node:fs";
import { freePort } from "./peers/greeting.mjs";
import { PASSWORD, userNames } from "./spools.mjs";
import { MAIL_OWNER } from "./workplace.mjs";

/** Not yet started. `pids` are the roots of its process trees while it runs. */
export async function createServer(peer, { workplace, certificate, nodeFlags = [] }) {
  const server = {
    name: peer.name,
    tls: peer.tls,
    version: peer.version(),
    idleSessions: peer.idleSessions,
    port: await freePort(),
    tlsPort: await freePort(),
    spool: workplace.folder(`spool-${peer.name}`),
    pids: [],
  };
  let running;
  let starts = 0;

  server.start = async () => {
    const run = workplace.folder(`run-${peer.name}-${++starts}`);
    const { spool, port, tlsPort } = server;
    const shared = { owner: MAIL_OWNER, users: userNames(), password: PASSWORD, certificate, nodeFlags };
    mkdirSync(`${spool}/.keep`, { recursive: true }); // a spool with nothing in it counts as not mounted
    running = await peer.start({ run, spool, port, tlsPort, ...shared });
    server.pids = running.pids;
  };
  server.stop = async () => {
    await running?.stop();
    running = undefined;
    server.pids = [];
  };
  server.restart = async () => {
    await server.stop();
    await server.start();
  };
  return server;
}
