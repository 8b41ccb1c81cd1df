// From the issues of the schema library to findings: one for each wrong thing, at the place of the thing.

import { z } from "zod";
import { CONFIG_KEYS } from "./keys.js";
import type { Finding } from "./problem.js";
import { configSchema } from "./schema.js";
import { nearest } from "./suggestion.js";

export const findingsOf = (issue: z.core.$ZodIssue): readonly Finding[] => {
  const path = issue.path.map((step) => (typeof step === "symbol" ? String(step) : step));
  if (issue.code !== "unrecognized_keys") return [{ path, message: issue.message }];
  return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey(key, path), atKey: true }));
};

const unknownKey = (key: string, path: readonly (string | number)[]): string => {
  const known = keysAt(configSchema, path);
  const near = nearest(key, known);
  if (near !== undefined) return `there is no such key; did you mean "${near}"?`;
  const elsewhere = CONFIG_KEYS.find((candidate) => candidate.key.endsWith(`.${key}`));
  if (elsewhere !== undefined) return `there is no such key here; it belongs under ${elsewhere.key.split(".")[0]}:`;
  return `there is no such key; ${path.length === 0 ? "the file" : path.join(".")} takes ${known.join(", ")}`;
};

/** Names of the keys that the mapping at a path may have. */
const keysAt = (schema: unknown, path: readonly (string | number)[]): readonly string[] => {
  const bare = unwrapped(schema);
  const [first, ...rest] = path;
  if (bare instanceof z.ZodDiscriminatedUnion)
    return [...new Set(bare.options.flatMap((option) => keysAt(option, path)))];
  if (bare instanceof z.ZodArray) return keysAt(bare.element, rest);
  if (!(bare instanceof z.ZodObject)) return [];
  return first === undefined ? Object.keys(bare.shape) : keysAt(bare.shape[first], rest);
};

const unwrapped = (schema: unknown): unknown =>
  schema instanceof z.ZodOptional || schema instanceof z.ZodDefault || schema instanceof z.ZodPrefault
    ? unwrapped(schema.unwrap())
    : schema;
