// A folder for one run: master maildrops, each server's own spool, the users.

import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { copyMaildir, makeMaildir } from "./mail/make-maildir.mjs";
import { SPOOLS } from "./spools.mjs";

/**
 * A maildrop that was changed within the last two seconds may change again without its directory's time telling: servers list it
 * again at every login. The rows are about maildrops that rest.
 */
const RESTING_MS = 2_500;

/** A mail owner of its own, as virtual users have one; who is not root owns the mail himself. */
export const MAIL_OWNER =
  process.getuid() === 0 ? { uid: 5_000, gid: 5_000 } : { uid: process.getuid(), gid: process.getgid() };

export function createWorkplace() {
  const root = mkdtempSync(join(tmpdir(), "postigo-bench-"));
  chmodSync(root, 0o755);
  const masters = new Map();
  const filled = new Set();

  const master = (spool) => {
    if (!masters.has(spool)) {
      const path = join(root, "masters", spool, "Maildir");
      makeMaildir(path, { recipe: SPOOLS[spool].recipe, owner: MAIL_OWNER });
      masters.set(spool, path);
    }
    return masters.get(spool);
  };

  /** Users first … last of a spool for one server, fresh ones in the place of any that were there. */
  const fill = (server, { spool, first = 1, last = SPOOLS[spool].users }) => {
    for (let index = first; index <= last; index++) {
      const home = join(server.spool, `${SPOOLS[spool].prefix}${index}`);
      rmSync(home, { recursive: true, force: true });
      copyMaildir(master(spool), join(home, "Maildir"), MAIL_OWNER);
    }
  };

  return {
    root,
    fill,
    rest: () => pause(RESTING_MS),
    /** Fills a whole spool unless this server has it; whether it was done now. */
    fillOnce: (server, spool) => {
      const key = `${server.name} ${spool}`;
      if (filled.has(key)) return false;
      fill(server, { spool });
      filled.add(key);
      return true;
    },
    empty: (server, spool, index) =>
      rmSync(join(server.spool, `${SPOOLS[spool].prefix}${index}`), { recursive: true, force: true }),
    dropMaster: (spool) => {
      masters.delete(spool);
      rmSync(join(root, "masters", spool), { recursive: true, force: true });
    },
    /** A new folder that everybody may enter. */
    folder: (name) => {
      const path = join(root, name);
      mkdirSync(path, { recursive: true });
      chmodSync(path, 0o755);
      return path;
    },
    write: (name, text) => {
      writeFileSync(join(root, name), text);
      return join(root, name);
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
}
