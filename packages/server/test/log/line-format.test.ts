import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { jsonLine, textLine } from "#server/log/line-format";

const AT = Date.UTC(2026, 10, 22, 8, 15, 30, 123);
const HEAD = "2026-11-22T08:15:30.123Z INFO login";

const text = (value: string | number | boolean | undefined): string =>
  textLine(AT, "info", "login", { user: value }).slice(`${HEAD} user=`.length);

test("a text line is time, level, event and fields", () => {
  const fields = { session: "k3", peer: "2001:db8::7", port: 995, tls: true, user: undefined };
  assert.equal(textLine(AT, "info", "login", fields), `${HEAD} session=k3 peer=2001:db8::7 port=995 tls=true user=-`);
});

test("an event without fields is three words", () => assert.equal(textLine(AT, "info", "login", {}), HEAD));

test("the time of another millisecond is another time", () => {
  assert.match(textLine(AT, "warn", "login", {}), /^2026-11-22T08:15:30\.123Z WARN/);
  assert.match(textLine(AT + 1, "error", "login", {}), /^2026-11-22T08:15:30\.124Z ERROR/);
});

const VALUES: readonly (readonly [string, string])[] = [
  ["ana@example.org", "ana@example.org"],
  ["cur/1700000000.M1P1.h,S=5:2,FS", "cur/1700000000.M1P1.h,S=5:2,FS"],
  ["", '""'],
  ["-", '"-"'],
  ["--", "--"],
  ["a b", '"a b"'],
  ["a=b", '"a=b"'],
  ['a"b', '"a\\"b"'],
  ["a\\b", '"a\\\\b"'],
  ["a\r\nb", '"a\\x0d\\x0ab"'],
  ["\u0000\u001b[31m\u007f", '"\\x00\\x1b[31m\\x7f"'],
  ["jos\u00e9", '"jos\\xe9"'],
  ["\u2028\u202e", '"\\u{2028}\\u{202e}"'],
  ["\u{1f600}", '"\\u{1f600}"'],
  ["\ud800", '"\\u{d800}"'],
  ["\\x0a", '"\\\\x0a"'],
];

for (const [value, written] of VALUES) {
  // An equals sign in a bare value cannot be taken for a field: fields begin after a space.
  const expected = value.includes("S=") ? `"${written}"` : written;
  test(`the value ${JSON.stringify(value)} is written ${expected}`, () => assert.equal(text(value), expected));
}

test("a value has a bound, whoever chose it", () => {
  assert.equal(text("x".repeat(12_288)), `${"x".repeat(1024)}...`);
  assert.ok(jsonLine(AT, "info", "login", { user: "\n".repeat(12_288) }).length < 3000);
});

test("no text line can be forged: it is printable ASCII and its fields are found again by a parser that knows the grammar", () => {
  const value = fc.oneof(
    fc.string({ unit: "binary" }),
    fc.string(),
    fc.constantFrom("a peer=1.2.3.4", '" peer="1', "x\nINFO login"),
  );
  fc.assert(
    fc.property(fc.array(value, { maxLength: 4 }), (values) => {
      const fields = Object.fromEntries(values.map((text, position) => [`f${position}`, text.slice(0, 1000)]));
      const line = textLine(AT, "info", "login", fields);
      assert.match(line, /^[ -~]*$/);
      assert.deepEqual(parsed(line), fields);
    }),
  );
});

test("every JSON line is one line that parses to what was said", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 1000 }), (user) => {
      const line = jsonLine(AT, "warn", "login-failed", { user, port: 1, tls: false, gone: undefined });
      assert.doesNotMatch(line, /[\r\n]/);
      assert.deepEqual(JSON.parse(line), {
        time: "2026-11-22T08:15:30.123Z",
        level: "warn",
        event: "login-failed",
        user,
        port: 1,
        tls: false,
      });
    }),
  );
});

/** The grammar of `line-format.ts`, read the other way round. */
const parsed = (line: string): Record<string, string> => {
  const fields: Record<string, string> = {};
  for (const [, name = "", quoted, bare] of line
    .slice(HEAD.length)
    .matchAll(/ ([a-z]\w*)=(?:"((?:[^"\\]|\\.)*)"|([^ "]*))/g)) {
    fields[name] = bare ?? (quoted ?? "").replace(/\\(?:x([0-9a-f]{2})|u\{([0-9a-f]+)\}|(.))/g, unescaped);
  }
  return fields;
};

const unescaped = (_: string, octet?: string, point?: string, character?: string): string =>
  character ?? String.fromCodePoint(Number.parseInt(octet ?? point ?? "", 16));
