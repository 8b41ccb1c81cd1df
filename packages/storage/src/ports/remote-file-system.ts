// Which file systems live at the other end of a wire, by the magic number statfs gives (statfs(2), linux/magic.h).

import { statfs } from "node:fs";
import { nativePath } from "./octet-path.js";

/** Whether `path` lies on a network file system; false when nobody can say. */
export function isRemote(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    statfs(nativePath(path), (error, facts) => resolve(error === null && REMOTE_TYPES.has(facts.type >>> 0)));
  });
}

export const REMOTE_TYPES: ReadonlyMap<number, string> = new Map([
  [0x6969, "NFS"],
  [0x517b, "SMB"],
  [0xff534d42, "CIFS"],
  [0xfe534d42, "SMB2"],
  [0x65735546, "FUSE (GlusterFS, SSHFS, …)"],
  [0x00c36400, "Ceph"],
  [0x01021997, "9P"],
  [0x0bd00bd0, "Lustre"],
  [0x5346414f, "AFS (OpenAFS)"],
  [0x6b414653, "AFS (kAFS)"],
  [0x73757245, "Coda"],
  [0x564c, "NCP"],
  [0x47504653, "GPFS"],
  [0x01161970, "GFS2"],
  [0x7461636f, "OCFS2"],
  [0x013111a8, "IBRIX"],
  [0xaad7aaea, "PanFS"],
  [0x19830326, "BeeGFS"],
]);
