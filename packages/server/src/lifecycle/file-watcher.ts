// Tells when the content behind a path has changed, however it was replaced: written, renamed over, deleted and made again, or reached through a
// symbolic link that was swapped anywhere on the way (certbot's live/, the ..data of Kubernetes).
//
// Watched are directories: each one that holds a step of the path (a link, or the file in the end), or the nearest that exists. An event only says
// "look again"; what decides is the content, compared by its hash. So events may come twice, early or for another file, and nothing happens.

import { createHash } from "node:crypto";
import { lstatSync, readlinkSync, statSync } from "node:fs";
import { dirname, resolve, sep } from "node:path";
import { type FSWatcher, watch } from "chokidar";
import { type Clock, systemClock } from "../clock.js";
import { readRegularFile } from "../regular-file.js";

export interface FileWatcher {
  /** Resolves when changes will be seen. */
  readonly ready: Promise<void>;
  /** Watches these files instead; those that were watched before keep the content they are compared with. */
  update(paths: readonly string[]): void;
  /** No call of `onChange` begins after this. */
  close(): Promise<void>;
}

export interface WatchOptions {
  readonly clock?: Clock;
  /** Watching failed (no more inotify watches …): changes may go unseen from now on. */
  readonly onError: (cause: unknown) => void;
}

/** `onChange` gets the paths, as they were given, whose content is another than before; a file that has gone counts as changed. */
export function watchFiles(
  paths: readonly string[],
  onChange: (changed: readonly string[]) => void,
  options: WatchOptions,
): FileWatcher {
  return new ContentWatcher(paths, onChange, options);
}

class ContentWatcher implements FileWatcher {
  readonly ready: Promise<void>;
  readonly #onChange: (changed: readonly string[]) => void;
  readonly #clock: Clock;
  readonly #watcher: FSWatcher;
  #contents: ReadonlyMap<string, string>;
  #directories: ReadonlySet<string>;
  #isDue = false;
  #isClosed = false;

  constructor(paths: readonly string[], onChange: (changed: readonly string[]) => void, options: WatchOptions) {
    this.#onChange = onChange;
    this.#clock = options.clock ?? systemClock;
    this.#contents = digests(paths, new Map());
    this.#directories = directoriesOf(paths);
    this.#watcher = watch([...this.#directories], {
      depth: 0,
      followSymlinks: false,
      ignoreInitial: true,
      ignored: (path) => !this.#concerns(path),
    });
    this.#watcher.on("raw", () => this.#lookSoon()).on("all", () => this.#lookSoon());
    this.#watcher.on("error", options.onError);
    this.ready = new Promise((done) => {
      this.#watcher.once("ready", () => {
        // What changed while the watches were being set has made no event.
        this.#lookSoon();
        done();
      });
    });
  }

  update(paths: readonly string[]): void {
    this.#contents = digests(paths, this.#contents);
    this.#followDirectories();
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#watcher.close();
  }

  /** chokidar would spend a watch on each file of a directory; the directory's own tells all that is needed. */
  #concerns(path: string): boolean {
    return this.#directories.has(path);
  }

  /** At a fixed time after the first event, not after the last: a busy neighbour file must not put it off for ever. */
  #lookSoon(): void {
    if (this.#isDue || this.#isClosed) return;
    this.#isDue = true;
    this.#clock.after(DEBOUNCE_MS, () => {
      this.#isDue = false;
      if (!this.#isClosed) this.#look();
    });
  }

  #look(): void {
    const before = this.#contents;
    this.#contents = digests([...before.keys()], new Map());
    this.#followDirectories();
    const changed = [...this.#contents].filter(([path, digest]) => before.get(path) !== digest).map(([path]) => path);
    if (changed.length > 0) this.#onChange(changed);
  }

  /** Links may lead through other directories now. */
  #followDirectories(): void {
    const before = this.#directories;
    const after = directoriesOf([...this.#contents.keys()]);
    this.#directories = after;
    const gone = [...before].filter((directory) => !after.has(directory));
    const come = [...after].filter((directory) => !before.has(directory));
    if (gone.length > 0) this.#watcher.unwatch(gone);
    if (come.length === 0) return;
    this.#watcher.add(come);
    // As at the start: what changes before the new watches are set makes no event.
    this.#lookSoon();
  }
}

const digests = (paths: readonly string[], known: ReadonlyMap<string, string>): ReadonlyMap<string, string> =>
  new Map(paths.map((path) => [path, known.get(path) ?? digest(path)]));

/** Files of a size that no configuration has are compared by their stamps. */
function digest(path: string): string {
  try {
    const stats = statSync(path);
    if (!stats.isFile() || stats.size > MAX_HASHED_OCTETS) return `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
    return createHash("sha256").update(readRegularFile(path, MAX_HASHED_OCTETS)).digest("base64");
  } catch {
    return "absent"; // or unreadable: whoever reads it next will say why
  }
}

const directoriesOf = (paths: readonly string[]): ReadonlySet<string> => {
  const directories = new Set<string>();
  for (const path of paths) addDirectories(resolve(path), directories, MAX_LINKS);
  return directories;
};

/** Walks down a path and adds the directory of every link it meets, of the file in the end, or of the step that is missing. */
function addDirectories(path: string, directories: Set<string>, linksLeft: number): void {
  const steps = path.split(sep).slice(1);
  let reached: string = sep;
  for (const [position, step] of steps.entries()) {
    const next = resolve(reached, step);
    const stats = lstatSync(next, { throwIfNoEntry: false });
    if (stats?.isSymbolicLink() && linksLeft > 0) {
      directories.add(reached);
      const target = resolve(reached, readlinkSync(next), ...steps.slice(position + 1));
      addDirectories(target, directories, linksLeft - 1);
      return;
    }
    if (!stats?.isDirectory()) {
      directories.add(reached);
      return;
    }
    reached = next;
  }
  directories.add(dirname(path));
}

const DEBOUNCE_MS = 250;
const MAX_HASHED_OCTETS = 64 * 1024 * 1024;
/** As many links as the kernel follows in one path. */
const MAX_LINKS = 40;
