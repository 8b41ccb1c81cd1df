import { type BigIntStats, constants } from "node:fs";
import type { FileKind, FileStatus } from "./file-system.js";

export function fileStatusOf(stats: BigIntStats): FileStatus {
  return {
    kind: kindOf(Number(stats.mode) & constants.S_IFMT),
    size: Number(stats.size),
    device: stats.dev,
    inode: stats.ino,
    mtimeNs: stats.mtimeNs,
    ctimeNs: stats.ctimeNs,
    bornNs: stats.birthtimeNs,
  };
}

function kindOf(format: number): FileKind {
  if (format === constants.S_IFREG) return "file";
  if (format === constants.S_IFDIR) return "directory";
  return format === constants.S_IFLNK ? "symlink" : "other";
}
