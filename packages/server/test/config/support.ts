// Configurations in the tests of this folder: texts in, effective configurations or printed problems out.

import assert from "node:assert/strict";
import type { Config } from "#server/config/config";
import { loadConfig } from "#server/config/load-config";
import { formatProblem } from "#server/config/problem";

const FOLDER = "/etc/postigo/";
const FILE = `${FOLDER}postigo.yaml`;

/** Three lines that are needed, and what is to be tried from line 4 on. */
export const minimal = (more: string): string =>
  `tls: { certificate: tls/chain.pem, key: tls/key.pem }
spool: { maildir: "/var/mail/%{domain}/%{local}" }
accounts: [{ type: users-file, path: users }]
${more}`;

export const valid = (text: string): Config => {
  const loaded = loadConfig({ file: FILE, text });
  assert.ok(loaded.ok, loaded.ok ? "" : loaded.problems.map(formatProblem).join("\n"));
  return loaded.config;
};

/** As they are printed, without the folder of the file. */
export const problemsOf = (text: string): readonly string[] => {
  const loaded = loadConfig({ file: FILE, text });
  assert.ok(!loaded.ok, "the configuration was accepted");
  return loaded.problems.map(formatProblem).map(withoutFolder);
};

export const warningsOf = (text: string): readonly string[] => {
  const loaded = loadConfig({ file: FILE, text });
  assert.ok(loaded.ok);
  return loaded.warnings.map(formatProblem).map(withoutFolder);
};

const withoutFolder = (line: string): string => line.replace(FOLDER, "");
