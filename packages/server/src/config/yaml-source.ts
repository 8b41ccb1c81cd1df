// The text of a configuration file → plain values, and where in the text each of them stands.
//
//   YAML 1.2, one document, a mapping at the top. A key without a value, or with null, counts as left out, so that a section
//   whose keys are all commented out is no error. Aliases are followed, but the tree they unfold to is bounded: a file of a
//   few lines can otherwise name more nodes than there is memory.

import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Pair,
  parseDocument,
  type YAMLError,
  type YAMLMap,
} from "yaml";
import type { ConfigProblem, Finding } from "./problem.js";

type Path = readonly (string | number)[];

export interface YamlSource {
  /** Undefined when the file holds nothing. */
  readonly value: unknown;
  /** Faults of the text itself; while there are any, the value is not to be used. */
  readonly problems: readonly ConfigProblem[];
  /** Gives a finding its place: that of the value, or of the nearest thing around it that is there. */
  locate(finding: Finding): string;
  /** The same as a position in the text. */
  offsetOf(finding: Finding): number;
}

/** Reads the text of `file`, whose name only serves the messages. Never throws. */
export const parseYaml = (text: string, file: string): YamlSource => {
  if (text.length > LONGEST_TEXT) {
    const message = `has more than ${LONGEST_TEXT} characters; is this the right file?`;
    return { value: undefined, problems: [{ where: file, key: "", message }], locate: () => file, offsetOf: () => 0 };
  }
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const where = (offset: number): string => {
    const { line, col } = lines.linePos(offset);
    return `${file}:${Math.max(line, 1)}:${Math.max(col, 1)}`;
  };
  const walk = new Walk(document);
  const value = walk.plain(document.contents, [], 0);
  const faults = [...document.errors, ...document.warnings].map((error) => ({
    offset: error.pos[0],
    message: explain(error, text),
  }));
  const problems = [...faults.slice(0, 1), ...(faults.length > 0 ? [] : walk.faults)].map(({ offset, message }) => ({
    where: where(offset),
    key: "",
    message,
  }));
  return {
    value,
    problems,
    locate: (finding) => where(walk.offsetOf(finding)),
    offsetOf: (finding) => walk.offsetOf(finding),
  };
};

interface Fault {
  readonly offset: number;
  readonly message: string;
}

/** Turns nodes into plain values and notes the offsets of keys and values on the way. */
class Walk {
  readonly faults: Fault[] = [];
  readonly #document: Document;
  readonly #values = new Map<string, number>();
  readonly #keys = new Map<string, number>();
  #nodes = 0;

  constructor(document: Document) {
    this.#document = document;
  }

  plain(node: unknown, path: Path, depth: number): unknown {
    if (isAlias(node)) return this.#followed(node, path, depth);
    const offset = offsetOf(node);
    if (!this.#values.has(joined(path))) this.#values.set(joined(path), offset);
    this.#nodes += 1;
    if (this.#nodes > MOST_NODES || depth > DEEPEST) return this.#tooMuch(offset);
    if (isMap(node)) return this.#record(node, path, depth);
    if (isSeq(node)) return node.items.map((item, position) => this.plain(item, [...path, position], depth + 1));
    return isScalar(node) ? (node.value ?? undefined) : undefined;
  }

  offsetOf({ path, atKey }: Finding): number {
    if (atKey) {
      const offset = this.#keys.get(joined(path));
      if (offset !== undefined) return offset;
    }
    for (let length = path.length; length >= 0; length--) {
      const offset = this.#values.get(joined(path.slice(0, length)));
      if (offset !== undefined) return offset;
    }
    return 0;
  }

  #record(map: YAMLMap, path: Path, depth: number): unknown {
    const entries = map.items.map((pair: Pair): [string, unknown] => {
      const key = isScalar(pair.key) ? String(pair.key.value) : String(pair.key);
      const below = [...path, key];
      this.#keys.set(joined(below), offsetOf(pair.key));
      if (isEmpty(pair.value)) this.#values.set(joined(below), offsetOf(pair.key));
      return [key, this.plain(pair.value, below, depth + 1)];
    });
    return Object.fromEntries(entries);
  }

  #followed(alias: Alias, path: Path, depth: number): unknown {
    this.#values.set(joined(path), offsetOf(alias));
    const target = alias.resolve(this.#document);
    if (target !== undefined && depth < DEEPEST) return this.plain(target, path, depth + 1);
    if (target !== undefined) return this.#tooMuch(offsetOf(alias));
    this.#fault(offsetOf(alias), `no anchor &${alias.source} stands before this alias; write the value out`);
    return undefined;
  }

  #tooMuch(offset: number): undefined {
    this.#fault(offset, "is nested too deeply or unfolds to too many values; write it without aliases");
  }

  #fault(offset: number, message: string): void {
    if (this.faults.length === 0) this.faults.push({ offset, message });
  }
}

const isEmpty = (node: unknown): boolean =>
  node === null || (isScalar(node) && node.type === "PLAIN" && node.source === "");

const offsetOf = (node: unknown): number => {
  const range = typeof node === "object" && node !== null && "range" in node ? node.range : undefined;
  const start: unknown = Array.isArray(range) ? range[0] : 0;
  return typeof start === "number" ? start : 0;
};

const joined = (path: Path): string => path.join("\u0000");

/** What the operator has to do about a fault of syntax; the library's own words stand behind it where ours do not replace them. */
const explain = (error: YAMLError, text: string): string => {
  const [from, to] = error.pos;
  const line = text.slice(text.lastIndexOf("\n", from - 1) + 1, endOfLine(text, to));
  // `address: ::` is the mapping {":": null} to YAML, and the first thing an operator with IPv6 types.
  if (/(^|[\s,{])::([\s,}\]]|$)/.test(line)) return 'an IPv6 address must stand in quotes; write "::"';
  return REMEDIES.get(error.code) ?? `${error.message}; see the line for a missing quote, bracket or space`;
};

const endOfLine = (text: string, from: number): number => {
  const end = text.indexOf("\n", from);
  return end === -1 ? text.length : end;
};

const REMEDIES: ReadonlyMap<string, string> = new Map([
  ["DUPLICATE_KEY", "this key stands twice in its section; keep one of them"],
  ["TAB_AS_INDENT", "a tab cannot indent in YAML; use spaces"],
  ["BAD_INDENT", "the indentation fits no section; align the key with its neighbours"],
  ["BLOCK_AS_IMPLICIT_KEY", 'two keys on one line, or indented too far; align it, or quote a value that holds ": "'],
  ["MULTILINE_IMPLICIT_KEY", 'a key without its colon; write "key: value"'],
  ["MISSING_CHAR", "a quote, bracket, comma or colon is missing here"],
  ["BAD_SCALAR_START", "a value that begins with %, @ or ` must stand in quotes"],
  ["MULTIPLE_DOCS", 'a second document begins here; keep one, without "---" lines'],
  ["TAG_RESOLVE_FAILED", "tags (!…) mean nothing here; write the plain value"],
]);

const LONGEST_TEXT = 1_048_576;
const MOST_NODES = 100_000;
const DEEPEST = 16;
