import assert from "node:assert/strict";
import { test } from "node:test";
import { deliveryTimeOf } from "#storage/maildir/delivery-time";

const BY_AGENTS = [
  ["1700000000.M567890P12.host", 1_700_000_000_567_890],
  ["1700000000.V801I1a2bM567890.host,S=3:2,S", 1_700_000_000_567_890],
  ["1700000000.M5.host", 1_700_000_000_000_005],
  ["1700000000.1234.host", 1_700_000_000_000_000],
  ["1700000000.1234_5.host", 1_700_000_000_000_000],
  ["1700000000.R16342671.host", 1_700_000_000_000_000],
  ["1700000000.ab12cd34.host", 1_700_000_000_000_000],
  ["1700000000.#3.host", 1_700_000_000_000_000],
  ["1700000000.P1.M7.host", 1_700_000_000_000_000],
  ["1700000000.MxM7.host", 1_700_000_000_000_007],
  ["1700000000.M12345678901234567890.host", 1_700_000_000_999_999],
  ["1700000000_0.1.host", 1_700_000_000_000_000],
  ["999999999.1234.host", 999_999_999_000_000],
] as const;

for (const [name, microseconds] of BY_AGENTS) {
  test(`the delivery time in ${JSON.stringify(name)} is ${microseconds}`, () => {
    assert.equal(deliveryTimeOf(name), microseconds);
  });
}

const BY_OTHERS = [
  ...["12345.eml", "1.msg", "007.bond", "20240101.eml", "20240101.1.eml", "12345.M1P1.host", "0.M1.host"],
  ...["1700000000", "1700000000.", "1700000000.eml", "1700000000.M1P1", "1700000000.M1P1.", "1700000000.M1P1:2,a.b"],
  ...["1700000000..host", "1700000000-1.host", "0170000000.M1P1.host", "1700000000.M1P1.:2,S"],
  ...["2024-05 report.eml", "12345678901.M1P1.host", "1700000000123.M1P1.host", "Report, January.eml", ""],
];

for (const name of BY_OTHERS) {
  test(`digits that no delivery agent has written are no delivery time: ${JSON.stringify(name)}`, () => {
    assert.equal(deliveryTimeOf(name), -1);
  });
}
