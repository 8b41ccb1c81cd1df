// Which storage root a maildrop lies on: the file system (st_dev) of its folder, or of the nearest one above it that exists. Each
// root has a pace of its own and a share of the thread pool, so that one that is slow slows no other (ADR 0060).
//
// Nothing here blocks: a path is looked up through the pool, and what was found is remembered. A root begins in doubt: its first
// calls go through the pool until they have proven it quick.

import type { Eventually } from "../eventually.js";
import type { FileSystem, StorageRoot, StorageRoots } from "./file-system.js";
import { NodeFileSystem, processClock } from "./node-file-system.js";
import { Later } from "./node-later.js";
import { nativePath } from "./octet-path.js";
import { type IoMode, type Monotonic, Pace } from "./pace.js";
import { PoolShares } from "./pool-shares.js";
import { createProcessorWait, type ProcessorWait } from "./processor-wait.js";
import { isRemote } from "./remote-file-system.js";
import { RootPool } from "./root-pool.js";
import { TurnBudget } from "./turn-budget.js";

export interface StorageRootsOptions {
  /** `auto` blocks on the roots that are quick; roots on network file systems never are. */
  readonly io: IoMode;
  /** Milliseconds, never going back; the default is the process's own. */
  readonly monotonic?: Monotonic;
  /** In the time of `monotonic`; the default is the calling thread's. */
  readonly processorWait?: ProcessorWait;
}

/** One for the process: they share its thread pool. */
export function createStorageRoots({
  io,
  monotonic = processClock,
  processorWait = createProcessorWait(),
}: StorageRootsOptions): StorageRoots<StorageRoot> {
  const shared: SharedParts = {
    ...{ io, monotonic, processorWait },
    turn: new TurnBudget(monotonic),
    shares: new PoolShares(),
  };
  return io === "sync" ? singleRoot(makeRoot(shared, { device: 0n, remote: false }).root) : new DiskRoots(shared);
}

/** For files that are known to lie on one root. */
export function singleRoot<Root extends FileSystem>(root: Root): StorageRoots<Root> {
  return { of: () => root, seen: () => undefined };
}

interface SharedParts {
  readonly io: IoMode;
  readonly monotonic: Monotonic;
  readonly processorWait: ProcessorWait;
  readonly turn: TurnBudget;
  readonly shares: PoolShares;
}

interface KnownRoot extends RootFacts {
  readonly root: StorageRoot;
  /** For calls that look for maildrops near those that lie here. */
  readonly pool: RootPool;
}

interface RootFacts {
  readonly device: bigint;
  readonly remote: boolean;
}

function makeRoot(
  { io, monotonic, processorWait, turn, shares }: SharedParts,
  { device, remote }: RootFacts,
): KnownRoot {
  const pace = new Pace({ io, remote, monotonic, processorWait, proof: PROOF });
  const pool = new RootPool({ lane: shares.lane(), pace, monotonic });
  return { device, remote, pool, root: new NodeFileSystem({ pace, pool }, turn) };
}

/** For calls of which nobody knows yet whose they are, nor how quick they should be. */
function strangersPool({ monotonic, shares }: SharedParts): RootPool {
  const pace = new Pace({ io: "async", remote: true, monotonic, processorWait: () => undefined });
  return new RootPool({ lane: shares.lane(), pace, monotonic });
}

class DiskRoots implements StorageRoots<StorageRoot> {
  readonly #shared: SharedParts;
  readonly #strangers: RootPool;
  readonly #byDevice = new Map<bigint, KnownRoot>();
  readonly #byPath = new Map<string, KnownRoot>();
  /** By the folder that holds maildrops: in all likelihood the root of the next one in it. */
  readonly #byFolder = new Map<string, KnownRoot>();
  /** Folders of which nothing is known yet, with the first question that was asked. */
  readonly #firsts = new Map<string, Promise<KnownRoot>>();

  constructor(shared: SharedParts) {
    this.#shared = shared;
    this.#strangers = strangersPool(shared);
  }

  of(maildrop: string): Eventually<StorageRoot> {
    return this.#byPath.get(maildrop)?.root ?? this.#lookUp(maildrop);
  }

  seen(maildrop: string, device: bigint): void {
    if (this.#byPath.get(maildrop)?.device === device) return;
    this.#byPath.delete(maildrop);
    this.#byFolder.delete(folderOf(maildrop));
  }

  async #lookUp(maildrop: string): Promise<StorageRoot> {
    const folder = folderOf(maildrop);
    const known = await (this.#byFolder.has(folder) ? this.#ask(maildrop) : this.#askFirst(maildrop, folder));
    remember(this.#byPath, maildrop, known, PATHS_MAX);
    return known.root;
  }

  /** Of many that want to know about a folder that may hang one asks, and holds one thread; the others wait for the answer. */
  async #askFirst(maildrop: string, folder: string): Promise<KnownRoot> {
    const first = this.#firsts.get(folder);
    if (first !== undefined) {
      await first;
      return this.#ask(maildrop);
    }
    const asked = this.#ask(maildrop).finally(() => this.#firsts.delete(folder));
    this.#firsts.set(folder, asked);
    return asked;
  }

  async #ask(maildrop: string): Promise<KnownRoot> {
    const folder = folderOf(maildrop);
    const pool = this.#byFolder.get(folder)?.pool ?? this.#strangers;
    const known = await this.#rootAt(await nearest(new Later(pool), maildrop));
    remember(this.#byFolder, folder, known, FOLDERS_MAX);
    return known;
  }

  async #rootAt({ path, device }: Place): Promise<KnownRoot> {
    const remote = !this.#byDevice.has(device) && (await this.#strangers.run(() => isRemote(path)));
    const known = this.#byDevice.get(device) ?? makeRoot(this.#shared, { device, remote });
    remember(this.#byDevice, device, known, ROOTS_MAX);
    return known;
  }
}

interface Place {
  readonly path: string;
  readonly device: bigint;
}

async function nearest(later: Later, path: string): Promise<Place> {
  const status = await later.stat(nativePath(path)).catch(() => undefined);
  if (status !== undefined) return { path, device: status.device };
  return path === "/" ? { path, device: -1n } : nearest(later, folderOf(path));
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/")) || "/";
}

/** The oldest goes when there are too many: it is found again when it is asked for. */
function remember<K, V>(map: Map<K, V>, key: K, value: V, most: number): void {
  if (!map.has(key) && map.size >= most) {
    for (const oldest of map.keys()) {
      map.delete(oldest);
      break;
    }
  }
  map.set(key, value);
}

/** Quick calls through the pool after which a root may block. */
const PROOF = 4;
/** Where each home is a file system of its own there are many. */
const ROOTS_MAX = 1_000;
const FOLDERS_MAX = 10_000;
/** About as many as the store keeps tables of. */
const PATHS_MAX = 32_768;
