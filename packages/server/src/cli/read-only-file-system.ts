// The disk as on a read-only mount: whoever looks on must not leave traces.

import type { FileSystem } from "@postigo/storage";

/** Reads go through; every write fails with EROFS. */
export const readOnly = (disk: FileSystem): FileSystem => ({
  get isSync() {
    return disk.isSync;
  },
  openRead: (path) => disk.openRead(path),
  read: (fd, target, position) => disk.read(fd, target, position),
  readAtOnce: (path, target) => disk.readAtOnce(path, target),
  close: (fd) => disk.close(fd),
  fstat: (fd) => disk.fstat(fd),
  lstat: (path) => disk.lstat(path),
  sizeOf: (path) => disk.sizeOf(path),
  stat: (path) => disk.stat(path),
  list: (path) => disk.list(path),
  readFile: (path, limit) => disk.readFile(path, limit),
  yieldIfDue: () => disk.yieldIfDue(),
  unlink: refuse,
  rename: refuse,
  mkdir: refuse,
  rmdir: refuse,
  append: refuse,
  replaceFile: async () => refuse(),
});

const refuse = (): never => {
  throw Object.assign(new Error("EROFS: nothing is written here"), { code: "EROFS" });
};
