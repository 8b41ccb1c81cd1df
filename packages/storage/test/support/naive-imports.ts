// What imported unique-ids ought to make of a maildrop, found out the slow and obvious way.

import { createHash } from "node:crypto";
import type { ImportedId } from "#storage/uid/imported-ids";
import type { MaildirBuilder } from "./maildir-builder.js";
import { naiveRows, naiveUniqueName } from "./naive-model.js";
import type { Row } from "./store-fixture.js";

export function naiveImportedRows(maildir: MaildirBuilder, entries: readonly ImportedId[]): Row[] {
  const taken = new Set(entries.map(({ uniqueId }) => uniqueId));
  const entryOf = new Map(entries.map((entry) => [entry.uniqueName, entry]));
  const rows = naiveRows(maildir).map((row) => {
    const name = naiveUniqueName(row.path.slice(4));
    const entry = entryOf.get(name);
    return {
      ...row,
      name,
      order: entry?.order,
      uniqueId: entry?.uniqueId ?? naiveSubstitute(row.uniqueId, name, taken),
    };
  });
  const ordered = rows.filter(({ order }) => order !== undefined);
  ordered.sort((a, b) => (a.order ?? 0) - (b.order ?? 0) || (a.name < b.name ? -1 : 1));
  const others = rows.filter(({ order }) => order === undefined);
  return [...ordered, ...others].map(({ path, uniqueId, octets }) => ({ path, uniqueId, octets }));
}

function naiveSubstitute(natural: string, name: string, taken: ReadonlySet<string>): string {
  let id = natural;
  for (let attempt = 1; taken.has(id); attempt++) id = naiveDigest(`${name}\0${attempt}`);
  return id;
}

export function naiveDigest(text: string): string {
  return createHash("sha256").update(Buffer.from(text, "latin1")).digest("base64url");
}
