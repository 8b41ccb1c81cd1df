// How fast the wire kernels are, in GB of input a second, in place: node scripts/bench-kernel.mjs [milliseconds a cell]
// The two kernels take turns and the median of the rounds is shown, so that a busy machine blurs both alike.

import { createScalarKernel } from "../packages/protocol/dist/wire/scalar-kernel.js";
import { createSimdKernel } from "../packages/protocol/dist/wire/simd-kernel.js";
import { NOTHING_BEFORE, OVERSTORE_OCTETS } from "../packages/protocol/dist/wire/wire-kernel.js";

const ROUNDS = 7;
const roundMs = Number(process.argv[2] ?? 210) / ROUNDS;
const SIZES = [4 * 1024, 50 * 1024, 256 * 1024];
const LARGEST = SIZES.at(-1);
const OCTETS = 3 * LARGEST + OVERSTORE_OCTETS;

const BASE64_LINE = "QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVphYmNkZWZnaGlqa2xtbm9wcXJzdHV2d3h5ejAxMjM0";
const CONTENTS = {
  "base64, LF": repeated(`${BASE64_LINE}\n`),
  "base64, CRLF": repeated(`${BASE64_LINE}\r\n`),
  "html, LF": varied(120, 600),
  "prose, LF": varied(20, 76),
  "short lines, LF": varied(0, 12),
  "dots only": repeated("."),
  "lines of one dot": repeated(".\n"),
  "LFs only": repeated("\n"),
};

const kernels = { scalar: createScalarKernel(OCTETS), simd: createSimdKernel(OCTETS) };
if (!kernels.simd) {
  console.error("scripts/bench-kernel.mjs: this runtime has no WebAssembly SIMD");
  process.exit(69);
}
console.table(Object.entries(CONTENTS).flatMap(([name, content]) => SIZES.map((size) => row(name, content, size))));

function row(name, content, size) {
  for (const { memory } of Object.values(kernels)) memory.set(content.subarray(0, size));
  const encode = compare((kernel) => kernel.encode(0, size, LARGEST, NOTHING_BEFORE), size);
  const count = compare((kernel) => kernel.countAdded(0, size, NOTHING_BEFORE), size);
  return {
    content: name,
    octets: size,
    "encode scalar": rounded(encode.scalar),
    "encode simd": rounded(encode.simd),
    "×": Math.round(encode.simd / encode.scalar),
    "count scalar": rounded(count.scalar),
    "count simd": rounded(count.simd),
    "× ": Math.round(count.simd / count.scalar),
  };
}

function compare(step, size) {
  const speeds = { scalar: [], simd: [] };
  for (const kernel of Object.values(kernels)) gigabytesASecond(() => step(kernel), size); // warms up
  for (let round = 0; round < ROUNDS; round++)
    for (const [name, kernel] of Object.entries(kernels)) speeds[name].push(gigabytesASecond(() => step(kernel), size));
  return { scalar: median(speeds.scalar), simd: median(speeds.simd) };
}

function gigabytesASecond(step, size) {
  const start = performance.now();
  let octets = 0;
  let ms = 0;
  while (ms < roundMs) {
    for (let times = 0; times <= LARGEST / size; times++, octets += size) step();
    ms = performance.now() - start;
  }
  return octets / ms / 1e6;
}

function median(values) {
  return values.toSorted((a, b) => a - b)[values.length >> 1];
}

function rounded(value) {
  return Number(value.toFixed(2));
}

function repeated(text) {
  return Buffer.alloc(LARGEST, text, "latin1");
}

// Lines of shortest…longest octets, always the same ones: a generator of Park and Miller.
function varied(shortest, longest) {
  let state = 1;
  const lines = [];
  for (let octets = 0; octets < LARGEST; octets += lines.at(-1).length) {
    state = (state * 48271) % 2147483647;
    lines.push(`${"lorem ipsum ".repeat(60).slice(0, shortest + (state % (longest - shortest + 1)))}\n`);
  }
  return Buffer.from(lines.join(""), "latin1").subarray(0, LARGEST);
}
