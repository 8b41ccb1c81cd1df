import assert from "node:assert/strict";
import { createSimdKernel } from "#protocol/wire/simd-kernel";
import { describeKernel } from "../support/kernel-table.js";

describeKernel("the SIMD kernel", (octets) => createSimdKernel(octets) ?? assert.fail("no WebAssembly SIMD"));
