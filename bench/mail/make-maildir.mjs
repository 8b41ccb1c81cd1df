// A Maildir from a recipe: the same recipe gives the same names and octets.

import {
  chownSync,
  closeSync,
  copyFileSync,
  existsSync,
  fchownSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { createMessages } from "./messages.mjs";
import { between, createRandom } from "./random.mjs";

const FOLDERS = ["tmp", "new", "cur"];
const FLAGS = ["", "S", "S", "RS", "S", "FS"];
const LF = 10;

/**
 * Makes `path` and its messages, the older half in cur/ and the newer in new/, all owned by `owner` ({ uid, gid }).
 * `recipe`: how many `messages` of which `sizes`; `sized` puts ,S= and ,W= into the names; `quota` adds a maildirsize.
 */
export function makeMaildir(path, { recipe, owner }) {
  makeFolders(path, owner);
  const random = createRandom(1);
  const messageAt = createMessages(random, recipe.sizes);
  let seconds = 1_700_000_000;
  let total = 0;
  for (let index = 0; index < recipe.messages; index++) {
    seconds += between(random, 1, 600);
    const message = messageAt(index, seconds);
    const name = `${seconds}.M${between(random, 0, 999_999)}P${1_000 + (index % 30_000)}.mx.example.com${sizesIn(message, recipe)}`;
    const place =
      index < recipe.messages / 2 ? join("cur", `${name}:2,${FLAGS[index % FLAGS.length]}`) : join("new", name);
    writeMessage(join(path, place), message, owner);
    total += message.length;
  }
  if (recipe.quota === true) writeQuota(path, { total, recipe, owner });
}

/** A copy of a Maildir whose messages are hard links: all copies share the page cache, but each has directories of its own. */
export function copyMaildir(from, to, owner) {
  makeFolders(to, owner);
  for (const folder of ["new", "cur"]) {
    for (const name of readdirSync(join(from, folder))) linkSync(join(from, folder, name), join(to, folder, name));
  }
  const quota = "maildirsize";
  if (!existsSync(join(from, quota))) return;
  copyFileSync(join(from, quota), join(to, quota));
  chownSync(join(to, quota), owner.uid, owner.gid);
}

function makeFolders(path, { uid, gid }) {
  mkdirSync(path, { recursive: true });
  chownSync(join(path, ".."), uid, gid);
  chownSync(path, uid, gid);
  for (const folder of FOLDERS) {
    mkdirSync(join(path, folder), { mode: 0o700 });
    chownSync(join(path, folder), uid, gid);
  }
}

function writeMessage(path, message, { uid, gid }) {
  const file = openSync(path, "wx", 0o600);
  for (let at = 0; at < message.length; ) at += writeSync(file, message, at);
  fchownSync(file, uid, gid);
  closeSync(file);
}

function sizesIn(message, { sized }) {
  if (sized !== true) return "";
  let lines = 0;
  for (let at = message.indexOf(LF); at >= 0; at = message.indexOf(LF, at + 1)) lines++;
  return `,S=${message.length},W=${message.length + lines}`;
}

function writeQuota(path, { total, recipe, owner }) {
  const file = join(path, "maildirsize");
  writeFileSync(file, `100000000000S\n${total} ${recipe.messages}\n`, { mode: 0o600 });
  chownSync(file, owner.uid, owner.gid);
}
