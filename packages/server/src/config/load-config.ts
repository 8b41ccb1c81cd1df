// One effective configuration from all its sources: flags over environment over file over defaults.

import { dirname, resolve } from "node:path";
import { readRegularFile, UnusableFileError } from "../regular-file.js";
import type { Config } from "./config.js";
import { contradictions, type Needs, surprises } from "./cross-checks.js";
import { toConfig } from "./effective.js";
import { findingsOf } from "./findings.js";
import { covers, type Environment, type Flags, overlaysOf, strangeVariables, withOverlay } from "./overlay.js";
import { ConfigError, type ConfigProblem, type Finding } from "./problem.js";
import { type ConfigInput, configSchema } from "./schema.js";
import { parseYaml, type YamlSource } from "./yaml-source.js";

export type { ConfigInput } from "./schema.js";

export interface ConfigSources {
  /** Path of the file; its folder is where relative paths in it start. */
  readonly file?: string | undefined;
  /** The text of the file; read from the file when left out. */
  readonly text?: string;
  readonly flags?: Flags;
  readonly env?: Environment;
  /** Where relative paths of flags and variables start; the working directory when left out. */
  readonly folder?: string;
  /** What stands in for the file when there is none. */
  readonly defaults?: ConfigInput;
}

export type LoadedConfig =
  | {
      readonly ok: true;
      readonly config: Config;
      readonly warnings: readonly ConfigProblem[];
      /** Where a key stands, or what is nearest to it. */
      readonly placeOf: (key: string) => string;
    }
  | { readonly ok: false; readonly problems: readonly ConfigProblem[]; readonly cause: LoadFailure };

/** `missing` and `unreadable` speak of the file itself. */
export type LoadFailure = "missing" | "unreadable" | "invalid";

/** Reads, merges and validates. Every problem is reported at once; never throws for what an operator can do. */
export const loadConfig = (sources: ConfigSources): LoadedConfig => {
  const read = sources.text ?? (sources.file === undefined ? "" : readText(sources.file));
  if (typeof read !== "string") return read;
  const source = parseYaml(read, sources.file ?? "");
  if (source.problems.length > 0) return invalid(source.problems);
  return layered(sources, source);
};

/** The same for a program that embeds the gateway: throws ConfigError with all problems. A finished configuration comes back as it is. */
export const completeConfig = (input: ConfigInput | Config, needs: Needs = EVERYTHING): Config => {
  if (isComplete(input)) return input;
  const judged = judge(input, process.cwd(), needs);
  if (judged.config !== undefined) return judged.config;
  throw new ConfigError(judged.findings.map((finding) => asProblem(finding, "")));
};

const layered = (sources: ConfigSources, source: YamlSource): LoadedConfig => {
  const { flags = {}, env = {}, folder = process.cwd() } = sources;
  const { POSTIGO_CERTIFICATE } = env;
  const hasCertificate = "certificate" in flags || POSTIGO_CERTIFICATE !== undefined || hasTls(source.value);
  const overlays = overlaysOf(flags, env, { folder, listenerTls: hasCertificate ? "starttls" : "none" });
  const base = sources.file === undefined && sources.text === undefined ? sources.defaults : source.value;
  const value = overlays.reduce<unknown>(withOverlay, base ?? {});
  const judged = judge(value, sources.file === undefined ? folder : dirname(resolve(sources.file)), EVERYTHING);
  const overlayOf = (finding: Finding) => overlays.findLast((overlay) => covers(overlay, finding.path));
  // In the order of the file; what flags and variables are to blame for comes first.
  const offsetOf = (finding: Finding) => (overlayOf(finding) ? -1 : source.offsetOf(finding));
  const whereIs = (finding: Finding) => overlayOf(finding)?.where ?? (sources.file ? source.locate(finding) : "");
  const problems = [...judged.findings]
    .sort((one, other) => offsetOf(one) - offsetOf(other))
    .map((finding) => asProblem(finding, whereIs(finding)));
  if (judged.config === undefined) return invalid(problems);
  const placeOf = (key: string) => whereIs({ path: key.split("."), message: "", atKey: true });
  return { ok: true, config: judged.config, warnings: [...problems, ...strangeVariables(env)], placeOf };
};

interface Judgement {
  /** Undefined when it must not be used; the findings then say why, else they are warnings. */
  readonly config: Config | undefined;
  readonly findings: readonly Finding[];
}

const judge = (value: unknown, folder: string, needs: Needs): Judgement => {
  const parsed = configSchema.safeParse(value);
  if (!parsed.success)
    return { config: undefined, findings: parsed.error.issues.flatMap((issue) => findingsOf(issue)) };
  const config = toConfig(parsed.data, folder);
  const faults = contradictions(config, needs);
  return faults.length > 0 ? { config: undefined, findings: faults } : { config, findings: surprises(config) };
};

const readText = (file: string): string | (LoadedConfig & { readonly ok: false }) => {
  try {
    return readRegularFile(file, MOST_OCTETS).toString("utf8");
  } catch (error) {
    return { ok: false, problems: [{ where: file, key: "", message: unreadable(error) }], cause: causeOf(error) };
  }
};

const unreadable = (error: unknown): string => {
  switch (codeOf(error)) {
    case "ENOENT":
      return "there is no such file; name another with --config, or try without a file: postigo serve --help";
    case "not-a-file":
      return "is not a regular file (a FIFO, a device); put the configuration in its place";
    case "too-large":
      return `is over ${MOST_OCTETS} octets, which no configuration is; put the configuration in its place`;
    default:
      return `cannot be read (${codeOf(error)}); let the user that starts postigo read it`;
  }
};

const causeOf = (error: unknown): LoadFailure => {
  if (error instanceof UnusableFileError) return "invalid";
  return codeOf(error) === "ENOENT" ? "missing" : "unreadable";
};

/** A hundred thousand accounts in line take less. */
const MOST_OCTETS = 16 * 1024 * 1024;

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : String(error);

const invalid = (problems: readonly ConfigProblem[]) => ({ ok: false, problems, cause: "invalid" }) as const;

const asProblem = ({ path, message }: Finding, where: string): ConfigProblem => ({
  where,
  key: path.join("."),
  message,
});

const hasTls = (value: unknown): boolean =>
  typeof value === "object" && value !== null && "tls" in value && value.tls !== undefined;

const isComplete = (input: ConfigInput | Config): input is Config =>
  input.timeouts !== undefined && "loginMs" in input.timeouts;

const EVERYTHING: Needs = { accounts: true, maildirs: true };
