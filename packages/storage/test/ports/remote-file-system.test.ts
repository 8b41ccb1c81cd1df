import assert from "node:assert/strict";
import { test } from "node:test";
import { isRemote, REMOTE_TYPES } from "#storage/ports/remote-file-system";
import { temporaryDirectory } from "../support/maildir-builder.js";

const KNOWN = [
  { name: "NFS", type: 0x6969, remote: true },
  { name: "CIFS", type: 0xff534d42, remote: true },
  { name: "FUSE, GlusterFS among it", type: 0x65735546, remote: true },
  { name: "CephFS", type: 0x00c36400, remote: true },
  { name: "9P", type: 0x01021997, remote: true },
  { name: "Lustre", type: 0x0bd00bd0, remote: true },
  { name: "ext4", type: 0xef53, remote: false },
  { name: "XFS", type: 0x58465342, remote: false },
  { name: "Btrfs", type: 0x9123683e, remote: false },
  { name: "tmpfs", type: 0x01021994, remote: false },
  { name: "overlayfs", type: 0x794c7630, remote: false },
  { name: "ZFS", type: 0x2fc12fc1, remote: false },
];

for (const { name, type, remote } of KNOWN) {
  test(`ADR 0015: ${name} is ${remote ? "a network" : "no network"} file system`, () => {
    assert.equal(REMOTE_TYPES.has(type), remote);
  });
}

test("ADR 0015: a local folder is not remote, nor is one nobody can ask about", async (t) => {
  assert.equal(await isRemote(temporaryDirectory(t)), false);
  assert.equal(await isRemote("/nowhere/at/all"), false);
});
