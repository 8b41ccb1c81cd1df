// Takes the path of the control socket: mode 0600 from its birth, in the place of a dead server's, never of a living one's.
//
// The socket is born under a name of its own and renamed to the path. So the path is never without an owner meanwhile, and
// what Node removes when the server closes is the name of its birth: the path may be another server's by then.

import { chownSync, lstatSync, renameSync, rmSync } from "node:fs";
import { connect, type Server } from "node:net";
import { dirname, join } from "node:path";

export interface SocketOwner {
  readonly uid: number;
  readonly gid: number;
}

/** What is wrong with the path, and what to do. `code`: of the system error behind it, or the nearest there is. */
export class ControlSocketError extends Error {
  readonly code: string;

  constructor(code: string, path: string, what: string, cause?: unknown) {
    super(`control.socket: ${path} ${what}`, { cause });
    this.name = "ControlSocketError";
    this.code = code;
  }
}

/** Rejects with ControlSocketError. Resolves with what gives the path back, if it is still ours. */
export async function listenAt(server: Server, path: string, owner: SocketOwner | undefined): Promise<() => void> {
  const birth = join(dirname(path), `postigo-${process.pid}`);
  if (Math.max(Buffer.byteLength(path), Buffer.byteLength(birth)) > LONGEST_PATH) {
    throw new ControlSocketError("ENAMETOOLONG", path, `is longer than ${LONGEST_PATH} octets; name a shorter one`);
  }
  try {
    await refuseForeign(path);
    rmSync(birth, { force: true });
    await listen(server, birth);
    if (owner !== undefined) chownSync(birth, owner.uid, owner.gid);
    const { ino } = lstatSync(birth);
    renameSync(birth, path);
    return () => releasePath(path, ino);
  } catch (error) {
    throw error instanceof ControlSocketError ? error : unusable(path, error);
  }
}

/** The server is still open: nobody else can have its inode. */
function releasePath(path: string, ino: number): void {
  if (lstatSync(path, { throwIfNoEntry: false })?.ino === ino) rmSync(path, { force: true });
}

async function refuseForeign(path: string): Promise<void> {
  const folder = dirname(path);
  // Binding would call this a lack of permission.
  if (lstatSync(folder, { throwIfNoEntry: false }) === undefined) {
    const what = `cannot be made: there is no directory ${folder}; make it, owned by the user that serves`;
    throw new ControlSocketError("ENOENT", path, what);
  }
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined) return;
  if (!found.isSocket()) {
    throw new ControlSocketError("ENOTSOCK", path, "is there and is no socket; remove it, or name another path");
  }
  if (await isAnswered(path)) {
    throw new ControlSocketError(
      "EADDRINUSE",
      path,
      "belongs to a server that runs; end that one, or name another path",
    );
  }
}

/** Whoever listens, accepts; only a refusal proves that nobody does. */
function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "ECONNREFUSED" || error.code === "ENOENT") resolve(false);
      else reject(error);
    });
  });
}

/** The socket is bound within the call: nobody sees it with other rights. */
function listen(server: Server, path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    const before = process.umask(0o177);
    try {
      server.listen({ path, exclusive: true, backlog: BACKLOG }, () => {
        server.off("error", reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
}

function unusable(path: string, cause: unknown): ControlSocketError {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : String(cause);
  const folder = dirname(path);
  const remedies: Readonly<Record<string, string>> = {
    EACCES: `cannot be made by this user; let it write to ${folder}`,
    EADDRINUSE: "belongs to a server that runs; end that one, or name another path",
  };
  return new ControlSocketError(code, path, remedies[code] ?? `cannot be used (${code}); name another path`, cause);
}

/** What fits into a socket address on Linux; the BSDs have 103. */
const LONGEST_PATH = 107;
const BACKLOG = 16;
