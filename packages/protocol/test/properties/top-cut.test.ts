import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { TopCut } from "#protocol/wire/top-cut";
import { cutFiles } from "../support/messages.js";
import { textOf } from "../support/octets.js";
import { takeChunks, topOf } from "../support/top-runs.js";

test("RFC 1939 §7: TOP under any chunking gives the lines a naive reader of the whole message would", () => {
  fc.assert(
    fc.property(cutFiles(300), fc.nat(12), ({ file, chunks }, bodyLines) => {
      assert.equal(textOf(takeChunks(new TopCut(bodyLines), chunks)), topOf(textOf(file), bodyLines));
    }),
    { numRuns: 2000 },
  );
});
