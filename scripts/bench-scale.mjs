// How Postigo's costs grow with a maildrop: npm run bench:scale [-- --million]
//
// One maildrop each of 1,000, 10,000 and 100,000 messages (with --million also 1,000,000: some 5 GB under TMPDIR), served by
// the built program. What grows with the maildrop should be the first open, the listings and their memory, nothing else.

import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { runScale } from "../bench/scale/run-scale.mjs";

const { values } = parseArgs({ options: { million: { type: "boolean", default: false } } });
const counts = [1_000, 10_000, 100_000, ...(values.million ? [1_000_000] : [])];
const certificateMaker = fileURLToPath(new URL("make-certificate.mjs", import.meta.url));
const ending = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => ending.abort(new Error(`ended by ${signal}`)));

try {
  process.stdout.write(await runScale({ counts, certificateMaker, signal: ending.signal }));
} catch (error) {
  process.stderr.write(`${ending.signal.aborted ? ending.signal.reason.message : error.message}\n`);
  process.exitCode = 1;
}
