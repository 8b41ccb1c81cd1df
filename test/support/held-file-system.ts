// A file system that stops answering when a test says so: bindfs shows a folder a second time, and is stopped like any process.
// What the kernel still has in memory (names and attributes) it goes on giving out; what must be read hangs.

import assert from "node:assert/strict";
import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { TestContext } from "node:test";
import { cleanUp } from "./clean-up.js";
import { until } from "./eventually.js";
import { needs } from "./real-client.js";

/** Options for a test that mounts one; a container may have bindfs and not the right to mount. */
export function needsMounts(): { skip?: string } {
  if (process.getuid?.() !== 0 || !existsSync("/dev/fuse")) return { skip: "needs root and /dev/fuse" };
  return needs("bindfs");
}

export class HeldFileSystem {
  readonly #daemon: ChildProcess;

  private constructor(daemon: ChildProcess) {
    this.#daemon = daemon;
  }

  /** Shows `source` at `target`; it is taken down with the test. */
  static async mount(t: TestContext, source: string, target: string): Promise<HeldFileSystem> {
    mkdirSync(target);
    const daemon = spawn("bindfs", ["-f", "-o", CACHE, source, target], { stdio: "ignore" });
    const held = new HeldFileSystem(daemon);
    cleanUp(t, () => held.#end(target));
    const before = statSync(join(target, "..")).dev;
    await until("bindfs shows the folder", () => statSync(target).dev !== before);
    return held;
  }

  /** From now on nothing that must be read is answered. */
  hold(): void {
    this.#daemon.kill("SIGSTOP");
  }

  letGo(): void {
    this.#daemon.kill("SIGCONT");
  }

  #end(target: string): void {
    this.letGo();
    unmount(target);
  }
}

/** The same files under a name that the kernel takes for a local file system. */
export function overlay(t: TestContext, lower: string, folder: string): string {
  const [target, upper, work] = ["shown", "upper", "work"].map((name) => join(folder, name));
  for (const path of [folder, target, upper, work]) mkdirSync(path ?? "");
  const options = `lowerdir=${lower},upperdir=${upper},workdir=${work}`;
  const { status, stderr } = spawnSync("mount", ["-t", "overlay", "overlay", "-o", options, target ?? ""]);
  assert.equal(status, 0, String(stderr));
  cleanUp(t, () => unmount(target ?? ""));
  return target ?? "";
}

function unmount(target: string): void {
  spawnSync("umount", ["--lazy", target]);
}

const CACHE = "entry_timeout=3600,attr_timeout=3600";
