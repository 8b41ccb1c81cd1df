#!/usr/bin/env node
// No ES module: loading one starts the thread pool, and its size can be set only before. Storage gives each slow file system a
// share of the threads and hashes want theirs; they cost nothing until a call waits.
process.env.UV_THREADPOOL_SIZE ??= "16";

void import("../dist/cli/main.js").then(async ({ main }) => {
  process.exitCode = await main(process.argv.slice(2));
});
