// The mail of a maildrop as a transcript may have named it: octets, and when each message came.

import { lstatSync } from "node:fs";
import { octetPath, uniqueNameIn } from "@postigo/storage";
import { readOnlyTable } from "../read-only-table.js";
import type { UserMaildrop } from "../user-maildrops.js";

export interface StoredMail {
  readonly uniqueName: string;
  /** As it is sent, and as it is on disk. */
  readonly octets: number;
  readonly fileOctets: number;
  /** Milliseconds since 1970. */
  readonly deliveredAt: number;
  /** One latin-1 character an octet. */
  readonly path: string;
}

/** In delivery order, whatever an earlier import says. Throws CommandError if the maildrop cannot be opened. */
export const storedMail = async ({ path }: UserMaildrop): Promise<readonly StoredMail[]> => {
  const table = await readOnlyTable({ path });
  const root = octetPath(path);
  const mail = Array.from({ length: table.count }, (_, position) => ({
    uniqueName: uniqueNameIn(table.pathAt(position).slice("new/".length)),
    octets: table.octetsAt(position),
    fileOctets: table.fileOctetsAt(position),
    deliveredAt: table.deliveredAt(position),
    path: `${root}/${table.pathAt(position)}`,
  }));
  return mail.sort((a, b) => a.deliveredAt - b.deliveredAt || (a.uniqueName < b.uniqueName ? -1 : 1));
};

/** By its name or by its file: a copy may have a new name or a new time, and what was delivered later has both. */
export const wasThere = ({ deliveredAt, path }: StoredMail, moment: number): boolean => {
  if (deliveredAt <= moment) return true;
  const status = lstatSync(Buffer.from(path, "latin1"), { throwIfNoEntry: false });
  return status !== undefined && status.mtimeMs <= moment;
};
