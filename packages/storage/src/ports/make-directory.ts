// A folder that may be there already.

import { errnoOf } from "./errno.js";
import type { FileSystem } from "./file-system.js";

/** Whether it had to be made. What has its name already may be no folder. Rejects with what the file system threw. */
export async function makeDirectory(fs: FileSystem, path: string): Promise<boolean> {
  try {
    await fs.mkdir(path);
    return true;
  } catch (error) {
    if (errnoOf(error) === "EEXIST") return false;
    throw error;
  }
}
