// Postigo from the built program, with its lock taken and its log written, as an operator would run it.

import { execFileSync, spawn } from "node:child_process";
import { chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endProcesses } from "../processes.mjs";
import { waitForGreeting } from "./greeting.mjs";

const PROGRAM = fileURLToPath(new URL("../../packages/server/bin/postigo.js", import.meta.url));
const BUILT = fileURLToPath(new URL("../../packages/server/dist/cli/main.js", import.meta.url));

export function createPostigo({ node, workers, io }) {
  return {
    name: "postigo",
    tls: true,
    idleSessions: { from: 500, to: 5_000 },
    missing: () => (existsSync(BUILT) ? undefined : "not built: npm run build"),
    version: () =>
      `${read(node, [PROGRAM, "--version"])} on Node ${read(node, ["--version"])}, workers ${workers}, spool.io ${io}`,
    start: (place) => start({ node, workers, io }, place),
  };
}

const read = (command, args) => execFileSync(command, args, { encoding: "utf8" }).trim();

async function start({ node, workers, io }, place) {
  const own = join(place.run, "own"); // the log's directory: Postigo's alone to write
  mkdirSync(own);
  chownSync(own, place.owner.uid, place.owner.gid);
  const config = join(place.run, "postigo.yaml");
  writeFileSync(join(place.run, "users"), place.users.map((user) => `${user}:{PLAIN}${place.password}\n`).join(""));
  writeFileSync(config, configuration(place, { own, workers, io }));
  const child = spawn(node, [...place.nodeFlags, PROGRAM, "serve", "--config", config], {
    ...place.owner,
    cwd: own,
    detached: true,
    stdio: ["ignore", "ignore", "pipe"],
  });
  let complaint = "";
  child.stderr.setEncoding("utf8").on("data", (text) => {
    complaint = (complaint + text).slice(-1_000);
  });
  const running = { pids: [child.pid], stop: () => endProcesses([child.pid]), log: join(own, "postigo.log") };
  try {
    await waitForGreeting(place.port, () => (child.exitCode === null ? undefined : complaint));
  } catch (error) {
    await running.stop();
    throw error;
  }
  return running;
}

function configuration(place, { own, workers, io }) {
  return `listen:
  - { address: 127.0.0.1, port: ${place.port}, tls: none }
  - { address: 127.0.0.1, port: ${place.tlsPort}, tls: implicit }
tls:
  certificate: ${place.certificate.chain}
  key: ${place.certificate.key}
spool:
  maildir: "${place.spool}/%{user}/Maildir"
  io: ${io}
accounts:
  - { type: users-file, path: ${join(place.run, "users")} }
auth:
  plaintext: always
limits: { connections: 12000, per_address: 12000 }
workers: ${workers}
log: { file: ${join(own, "postigo.log")} }
`;
}

/** The last lines of its log, for a report of a failure. */
export function logTail({ log }) {
  return existsSync(log) ? readFileSync(log, "utf8").split("\n").slice(-5).join("\n") : "";
}
