// The load generator: pop3load.c, compiled once into a cache folder and run as often as a row asks.

import { execFile, execFileSync, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const SOURCE = fileURLToPath(new URL("pop3load.c", import.meta.url));
const MOST_MS = 300_000;

/** `{ path, tls }`: the program, and whether it speaks TLS. Throws when there is no C compiler. */
export function buildLoadGenerator() {
  const folder = join(tmpdir(), "postigo-bench-cache");
  mkdirSync(folder, { recursive: true });
  const digest = createHash("sha256").update(readFileSync(SOURCE)).digest("hex").slice(0, 16);
  const secured = join(folder, `pop3load-${digest}-tls`);
  const plain = join(folder, `pop3load-${digest}`);
  if (compiled(secured, ["-DWITH_TLS", SOURCE, "-lssl", "-lcrypto"])) return { path: secured, tls: true };
  if (compiled(plain, [SOURCE])) return { path: plain, tls: false };
  throw new Error("the load generator could not be compiled: install the packages gcc and libc6-dev");
}

function compiled(path, args) {
  if (existsSync(path)) return true;
  try {
    const unfinished = `${path}.${process.pid}`;
    execFileSync("cc", ["-O2", "-o", unfinished, ...args], { stdio: "ignore" });
    renameSync(unfinished, path);
    return true;
  } catch {
    return false;
  }
}

/** Runs it to its end; the figures that it prints. A run that fails still has figures: `failed` and `first_error` tell. */
export function runLoad(path, args, signal) {
  return new Promise((resolve, reject) => {
    execFile(path, args, { signal, timeout: MOST_MS }, (error, stdout, stderr) => {
      if (error?.name === "AbortError") return reject(error);
      resolve(figures(stdout) ?? { failed: 1, sessions: 0, cpu_s: 0, first_error: stderr.slice(-200) });
    });
  });
}

function figures(stdout) {
  try {
    return JSON.parse(stdout);
  } catch {
    return undefined;
  }
}

/** Starts it and leaves it running, to hold connections; `exited` tells whether it has ended by itself. */
export function startLoad(path, args) {
  const child = spawn(path, args, { stdio: "ignore" });
  return { end: () => child.kill("SIGKILL"), exited: () => child.exitCode !== null };
}
