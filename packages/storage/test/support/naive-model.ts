// What a maildrop ought to look like, found out the slow and obvious way.

import { createHash } from "node:crypto";
import * as fs from "node:fs";
import type { MaildirBuilder } from "./maildir-builder.js";
import { canonicalOctets } from "./maildrop-fixture.js";
import type { Row } from "./store-fixture.js";

/** The unique name by regular expression: up to the colon, then up to the first field. */
export function naiveUniqueName(name: string): string {
  return name.replace(/:.*$/s, "").replace(/,[A-Z][A-Z0-9]*=.*$/s, "");
}

export function naiveUniqueId(name: string): string {
  const unique = naiveUniqueName(name);
  const isOwn = /^[\x21-\x7e]{1,70}$/.test(unique) && !/^[\w-]{43}$/.test(unique);
  return isOwn ? unique : createHash("sha256").update(Buffer.from(unique, "latin1")).digest("base64url");
}

export function naiveRows(maildir: MaildirBuilder): Row[] {
  const paths = new Map<string, string>();
  for (const path of [...maildir.paths()].sort(byFolderThenName)) {
    const name = path.slice(4);
    if (!name.startsWith(".") && fs.lstatSync(maildir.octets(path)).isFile()) paths.set(naiveUniqueName(name), path);
  }
  return [...paths]
    .sort(([a, first], [b, second]) => timeOf(maildir, first) - timeOf(maildir, second) || (a < b ? -1 : 1))
    .map(([, path]) => ({
      path,
      uniqueId: naiveUniqueId(path.slice(4)),
      octets: canonicalOctets(maildir.read(path)),
    }));
}

/** The last one of a unique name wins: cur/ before new/, then the greater name. */
function byFolderThenName(a: string, b: string): number {
  const rank = (path: string): string => (path.startsWith("new/") ? "0" : "1") + path;
  return rank(a) < rank(b) ? -1 : 1;
}

function timeOf(maildir: MaildirBuilder, path: string): number {
  const name = path.slice(4).replace(/:.*$/s, "");
  const [, seconds, middle = ""] = /^([1-9]\d{8,9})[._]([^.]+)\../s.exec(name) ?? [];
  if (seconds === undefined || Number(seconds) < Date.UTC(1996, 0) / 1000) {
    return Number(fs.statSync(maildir.octets(path), { bigint: true }).mtimeNs / 1_000n);
  }
  const micro = /^[^,]*?M(\d+)/s.exec(middle)?.[1] ?? "0";
  return Number(seconds) * 1e6 + Math.min(Number(micro), 999_999);
}
