import assert from "node:assert/strict";
import { afterEach, describe, test } from "node:test";
import { createWireKernel } from "#protocol/wire/create-wire-kernel";
import { createSimdKernel } from "#protocol/wire/simd-kernel";
import { closingOctets, NOTHING_BEFORE, type WireKernel } from "#protocol/wire/wire-kernel";
import { encodeChunks } from "../support/kernel-runs.js";
import { octetsOf, textOf } from "../support/octets.js";

describe("the choice of a kernel", () => {
  const webAssembly = Reflect.get(globalThis, "WebAssembly");
  afterEach(() => {
    Reflect.set(globalThis, "WebAssembly", webAssembly);
  });

  test("is SIMD where the runtime has it", () => {
    const kernel = createWireKernel(1024);
    assert.ok(kernel.memory.buffer.byteLength > 1024, "its window lies in a WebAssembly memory of whole pages");
    assertEncodes(kernel);
  });

  test("is the twin where the runtime has no WebAssembly", () => {
    Reflect.set(globalThis, "WebAssembly", undefined);
    assert.equal(createSimdKernel(1024), undefined);
    assertEncodes(createWireKernel(1024));
  });

  test("is the twin where WebAssembly has no SIMD", () => {
    Reflect.set(globalThis, "WebAssembly", { validate: () => false });
    assert.equal(createSimdKernel(1024), undefined);
    assertEncodes(createWireKernel(1024));
  });
});

describe("a kernel's memory", () => {
  test("is its own: two kernels do not share octets", () => {
    const [one, other] = [createWireKernel(1024), createWireKernel(1024)];
    one.memory.fill(1);
    assert.ok(other.memory.every((octet) => octet === 0));
  });

  test("may be as large as a slice of 256 KiB, its encoding and more", () => {
    const kernel = createWireKernel(3 * 262_144 + 16);
    kernel.memory.fill(0x0a, 0, 262_144);
    assert.equal(kernel.encode(0, 262_144, 262_144, NOTHING_BEFORE), 524_288);
    assert.equal(kernel.countAdded(0, 262_144, NOTHING_BEFORE), 262_144);
  });
});

test("a missing last CRLF is supplied, but not to an empty message", () => {
  assert.deepEqual([NOTHING_BEFORE, 0x0a, 0x0d, 0x41].map(closingOctets), [0, 0, 2, 2]);
});

function assertEncodes(kernel: WireKernel): void {
  assert.equal(kernel.memory.length, 1024);
  assert.equal(textOf(encodeChunks(kernel, [octetsOf(".a\n")], { from: 0, to: 500 })), "..a\r\n");
}
