// The boundaries of the house as rules over one source file each; the compiler and the linter hold most of them too.

import { posix } from "node:path";

export interface SourceFile {
  /** From the root of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** What the files of a folder may import besides each other. */
export interface ImportRule {
  readonly folder: string;
  readonly allows: (specifier: string) => boolean;
  readonly rule: string;
}

const LONGEST_FILE = 400;
const STORAGE_MODULES = ["node:fs", "node:path", "node:crypto", "node:buffer", "node:util"];
const PACKAGES = ["@postigo/protocol", "@postigo/storage"];

/** `serverDependencies`: names that packages/server/package.json declares. */
export const importRules = (serverDependencies: readonly string[]): readonly ImportRule[] => [
  {
    folder: "packages/protocol/src",
    allows: () => false,
    rule: "protocol is a function of its inputs: it imports nothing, not even node:*",
  },
  {
    folder: "packages/storage/src",
    allows: (specifier) => STORAGE_MODULES.includes(specifier),
    rule: `storage knows no sockets, no POP3 and no other package: it imports only ${STORAGE_MODULES.join(", ")}`,
  },
  {
    folder: "packages/server/src",
    allows: (specifier) => specifier.startsWith("node:") || serverDependencies.includes(packageOf(specifier)),
    rule: "server imports node:*, the other packages by their entry points, and what its package.json declares",
  },
  {
    folder: "test",
    allows: (specifier) => !specifier.startsWith("@postigo/") || [...PACKAGES, "@postigo/server"].includes(specifier),
    rule: "end-to-end tests import packages by their entry points only",
  },
];

export function importFaults({ path, text }: SourceFile, { folder, allows, rule }: ImportRule): readonly string[] {
  return importsOf(text)
    .filter((specifier) => !(isRelative(specifier) ? staysIn(folder, path, specifier) : allows(specifier)))
    .map((specifier) => `${path} imports ${specifier}; ${rule}`);
}

/** Rules for the sources of every package. */
export function sourceFaults({ path, text }: SourceFile): readonly string[] {
  const faults = [];
  const lines = text.split("\n").length - 1;
  if (lines > LONGEST_FILE)
    faults.push(`${path} has ${lines} lines; a source file has at most ${LONGEST_FILE}: split it`);
  if (/\bconsole\b/.test(withoutComments(text))) faults.push(`${path} uses console; the log is the event log`);
  if (importsFileSystem(text) && /^packages\/storage\/src\/(?!ports\/)/.test(path))
    faults.push(`${path} imports node:fs; in storage only the adapters in src/ports touch the disk`);
  return faults;
}

function importsOf(text: string): readonly string[] {
  const found = withoutComments(text).matchAll(/(?:^|[;}\s])(?:from|import)\s*\(?\s*"([^"\s]+)"/g);
  return Array.from(found, ([, specifier = ""]) => specifier);
}

const importsFileSystem = (text: string): boolean =>
  importsOf(text).some((specifier) => specifier === "node:fs" || specifier === "node:fs/promises");

const isRelative = (specifier: string): boolean => /^\.\.?\//.test(specifier);

const staysIn = (folder: string, path: string, specifier: string): boolean =>
  posix.join(posix.dirname(path), specifier).startsWith(`${folder}/`);

function packageOf(specifier: string): string {
  if (specifier.startsWith("@postigo/")) return specifier;
  return specifier
    .split("/")
    .slice(0, specifier.startsWith("@") ? 2 : 1)
    .join("/");
}

const withoutComments = (text: string): string =>
  text.replace(/\/\*[\s\S]*?\*\//g, "").replace(/(^|\s)\/\/.*$/gm, "$1");
