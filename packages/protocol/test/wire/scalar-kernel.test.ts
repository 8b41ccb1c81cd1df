import { createScalarKernel } from "#protocol/wire/scalar-kernel";
import { describeKernel } from "../support/kernel-table.js";

describeKernel("the scalar kernel", createScalarKernel);
