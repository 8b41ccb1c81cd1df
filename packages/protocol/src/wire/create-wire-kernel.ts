// The one place that decides which kernel runs.

import { createScalarKernel } from "./scalar-kernel.js";
import { createSimdKernel } from "./simd-kernel.js";
import type { WireKernel } from "./wire-kernel.js";

/** The fastest kernel this runtime can run, over `octets` octets of fixed memory. */
export const createWireKernel = (octets: number): WireKernel => createSimdKernel(octets) ?? createScalarKernel(octets);
