// Flags and environment variables as a layer over the file: each gives one key its value and remembers its own name.

import { absolutePath, absoluteTemplate } from "./absolute-path.js";
import { CONFIG_KEYS, type ConfigKey, type KeyKind } from "./keys.js";
import { parseListenerText } from "./listener-text.js";
import type { ConfigProblem } from "./problem.js";
import { nearest } from "./suggestion.js";

/** Texts by the name of the flag, without dashes; a flag given several times has several. */
export type Flags = Readonly<Record<string, readonly string[]>>;

export type Environment = Readonly<Record<string, string | undefined>>;

export interface Overlay {
  readonly path: readonly string[];
  /** `--flag` or `POSTIGO_VARIABLE`, for messages. */
  readonly where: string;
  readonly value: unknown;
}

export interface OverlayContext {
  /** Where relative paths of flags and variables start: the working directory. */
  readonly folder: string;
  /** What a listener without a scheme speaks. */
  readonly listenerTls: "none" | "starttls";
}

/** Lowest precedence first: variables, then flags. */
export const overlaysOf = (flags: Flags, environment: Environment, context: OverlayContext): readonly Overlay[] => [
  ...CONFIG_KEYS.flatMap((key) => {
    const text = key.variable === undefined ? undefined : environment[key.variable];
    return key.variable === undefined || !text ? [] : [overlay(key, key.variable, text.split(separator(key)), context)];
  }),
  ...combined(
    CONFIG_KEYS.flatMap((key) => {
      const texts = flags[key.flag];
      return texts === undefined ? [] : [overlay(key, `--${key.flag}`, texts, context)];
    }),
  ),
];

/** The tree with the overlay's value in it. */
export const withOverlay = (tree: unknown, { path, value }: Overlay): unknown => {
  const [first, ...rest] = path;
  if (first === undefined) return value;
  const record = isRecord(tree) ? tree : {};
  return { ...record, [first]: withOverlay(record[first], { path: rest, where: "", value }) };
};

/** Did the overlay supply what stands at this path? */
export const covers = (overlay: Overlay, path: readonly (string | number)[]): boolean =>
  overlay.path.every((name, depth) => path[depth] === name);

/** Variables that begin like ours and are none: a slip that would otherwise pass in silence. */
export const strangeVariables = (environment: Environment): readonly ConfigProblem[] =>
  Object.keys(environment)
    .filter((name) => name.startsWith("POSTIGO_") && !KNOWN_VARIABLES.has(name) && !SERVICE_LINK.test(name))
    .map((name) => {
      const near = nearest(name, KNOWN_VARIABLES);
      const remedy = near === undefined ? "see postigo serve --help" : `did you mean ${near}?`;
      return { where: name, key: "", message: `means nothing here and is ignored; ${remedy}` };
    });

const overlay = (key: ConfigKey, where: string, texts: readonly string[], context: OverlayContext): Overlay => ({
  path: key.key.split("."),
  where,
  value: VALUES[key.kind](texts, context),
});

/** `--user` and `--accounts` both name accounts: what they give is put together. */
const combined = (overlays: readonly Overlay[]): readonly Overlay[] => {
  const [first, second] = overlays.filter(({ path }) => path[0] === "accounts");
  if (first === undefined || second === undefined) return overlays;
  const both = { ...first, value: [first.value, second.value].flat() };
  return [...overlays.filter((overlay) => overlay !== first && overlay !== second), both];
};

/** One text for each of several values; where one is wanted, several come through as a list and the schema refuses it. */
const VALUES: Readonly<Record<KeyKind, (texts: readonly string[], context: OverlayContext) => unknown>> = {
  text: single,
  path: (texts, { folder }) => (texts.length === 1 && texts[0] ? absolutePath(folder, texts[0]) : single(texts)),
  template: (texts, { folder }) =>
    texts.length === 1 && texts[0] ? absoluteTemplate(folder, texts[0]) : single(texts),
  integer: (texts) => {
    const text = single(texts);
    return typeof text === "string" && /^\d{1,9}$/.test(text) ? Number.parseInt(text, 10) : text;
  },
  "yes-no": (texts) => {
    const text = single(texts);
    return text === "true" || text === "" ? true : text === "false" ? false : text;
  },
  list: (texts) => texts.flatMap((text) => text.split(",")).map((text) => text.trim()),
  listeners: (texts, { listenerTls }) =>
    texts.map((text) => {
      const listener = parseListenerText(text.trim());
      return listener === undefined ? text : { ...listener, tls: listener.tls ?? listenerTls };
    }),
  accounts: (texts, { folder }) =>
    texts.map((text) => ({ type: "users-file", path: absolutePath(folder, text.trim()) })),
  users: (texts) => [{ type: "inline", users: texts }],
};

function single(texts: readonly string[]): unknown {
  return texts.length === 1 ? texts[0] : texts;
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const separator = ({ kind }: ConfigKey): RegExp => (kind === "listeners" || kind === "accounts" ? /,/ : /(?!)/);

const KNOWN_VARIABLES: ReadonlySet<string> = new Set([
  "POSTIGO_CONFIG",
  ...CONFIG_KEYS.flatMap(({ variable }) => variable ?? []),
]);

/** Kubernetes gives each pod such variables for a service that is called postigo. */
const SERVICE_LINK = /^POSTIGO_(SERVICE_(HOST|PORT)|PORT)(_|$)/;
