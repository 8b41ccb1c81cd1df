// Compiles the WebAssembly text of the wire kernel and embeds it in a TypeScript module, which is not kept in Git.
// The module is only written when it changes, so that `tsc -b` stays incremental.

import { readFileSync, writeFileSync } from "node:fs";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import createWabt from "wabt";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const SOURCE = fileURLToPath(new URL("../packages/protocol/src/wire/wire-kernel.wat", import.meta.url));
const TARGET = fileURLToPath(new URL("../packages/protocol/src/wire/wire-module.generated.ts", import.meta.url));

const embedded = embed(await compile(readFileSync(SOURCE, "utf8")));
if (embedded !== currentText()) writeFileSync(TARGET, embedded);

async function compile(text) {
  const wabt = await createWabt();
  const module = wabt.parseWat(relative(ROOT, SOURCE), text, { simd: true });
  try {
    module.validate();
    return module.toBinary({}).buffer;
  } finally {
    module.destroy();
  }
}

function embed(octets) {
  return `// Generated from wire-kernel.wat by scripts/build-wasm.mjs.

/** The wire kernel as a WebAssembly module. */
export const WIRE_MODULE: Uint8Array = Uint8Array.of(${octets.join(",")});
`;
}

function currentText() {
  try {
    return readFileSync(TARGET, "utf8");
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}
