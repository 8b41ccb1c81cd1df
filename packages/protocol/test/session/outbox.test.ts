import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { GATHERED_OCTETS } from "#protocol/limits";
import { Outbox } from "#protocol/session/outbox";

describe("the outbox", () => {
  const size = fc.oneof(
    fc.integer({ min: 1, max: 300 }),
    fc.constantFrom(GATHERED_OCTETS - 1, GATHERED_OCTETS, GATHERED_OCTETS + 1, 100_000),
  );
  const act = fc.oneof({ weight: 9, arbitrary: size }, { weight: 1, arbitrary: fc.constant("effect" as const) });

  test("keeps order and octets, and gathers what lies between two other effects", () => {
    fc.assert(
      fc.property(fc.array(act, { maxLength: 60 }), (acts) => {
        const outbox = new Outbox();
        const naive: (number[] | "effect")[] = [];
        let fill = 0;
        for (const each of acts) {
          if (each === "effect") {
            outbox.push({ type: "open-maildrop" });
            naive.push("effect");
            continue;
          }
          fill = (fill + 1) % 256;
          const piece = new Uint8Array(each).fill(fill);
          outbox.send(piece);
          const last = naive.at(-1);
          if (Array.isArray(last)) last.push(...piece);
          else naive.push([...piece]);
        }
        const total = acts.reduce<number>((sum, each) => sum + (each === "effect" ? 0 : each), 0);
        assert.equal(outbox.octets, total);
        assert.deepEqual(
          joined(outbox),
          naive.map((each) => (each === "effect" ? each : Buffer.from(each).toString("latin1"))),
        );
      }),
      { numRuns: 100 },
    );
  });

  test("changes nothing that was handed in", () => {
    const outbox = new Outbox();
    const shared = new Uint8Array([1, 2, 3]);
    outbox.send(shared);
    outbox.send(new Uint8Array([4]));
    outbox.take();
    assert.deepEqual([...shared], [1, 2, 3]);
  });

  test("sends no more than gathered octets at once, but what is longer as it stands", () => {
    const outbox = new Outbox();
    const long = new Uint8Array(GATHERED_OCTETS * 2);
    for (let count = 0; count < 5; count++) outbox.send(new Uint8Array(GATHERED_OCTETS / 2));
    outbox.send(long);
    const sends = outbox.take().flatMap((effect) => (effect.type === "send" ? [effect.octets] : []));
    assert.deepEqual(
      sends.map((octets) => octets.length),
      [GATHERED_OCTETS, GATHERED_OCTETS, GATHERED_OCTETS / 2, GATHERED_OCTETS * 2],
    );
    assert.equal(sends.at(-1), long);
  });
});

function joined(outbox: Outbox): (string | "effect")[] {
  const seen: string[] = [];
  let open = false;
  for (const effect of outbox.take()) {
    if (effect.type !== "send") seen.push("effect");
    else if (open) seen.push(`${seen.pop()}${Buffer.from(effect.octets).toString("latin1")}`);
    else seen.push(Buffer.from(effect.octets).toString("latin1"));
    open = effect.type === "send";
  }
  return seen;
}
