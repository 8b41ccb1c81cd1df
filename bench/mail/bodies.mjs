// Bodies of messages, cut from pools that are made once: text with all that makes POP3 work (lines that begin with a dot,
// lone dots, empty lines, 8-bit words) and base64 as attachments have it.

import { between, pick } from "./random.mjs";

const POOL_OCTETS = 1 << 20;
const BASE64_LINE = 77;
const WORDS =
  "lorem ipsum dolor sit amet consectetur adipiscing elit sed do eiusmod tempor incididunt ut labore et dolore magna aliqua invoice schedule order report budget".split(
    " ",
  );
const EIGHT_BIT = [
  "Grüße aus Zürich — über naïve café",
  "Добрый день, коллеги",
  "東京からの報告です",
  "façade coöperate señor",
];

/** `text(octets)` and `base64(octets)` give views of about that length; they hold whole lines, LF between. */
export function createBodies(random) {
  const lines = textPool(random);
  const encoded = base64Pool(random);
  return {
    text: (octets) => sliceOfLines(lines, { octets, at: random() }),
    base64: (octets) => sliceOfBase64(encoded, { octets, at: random() }),
  };
}

function textPool(random) {
  const lines = [];
  let octets = 0;
  while (octets < POOL_OCTETS) {
    const line = Buffer.from(`${textLine(random)}\n`);
    lines.push(line);
    octets += line.length;
  }
  return Buffer.concat(lines);
}

function textLine(random) {
  const kind = random();
  if (kind < 0.004) return ".";
  if (kind < 0.02) return `.${sentence(random, between(random, 1, 8))}`;
  if (kind < 0.025) return `..${pick(random, WORDS)}`;
  if (kind < 0.06) return pick(random, EIGHT_BIT);
  if (kind < 0.14) return "";
  if (kind < 0.2) return `> ${sentence(random, between(random, 3, 10))}`;
  return sentence(random, between(random, 6, 12));
}

const sentence = (random, words) => Array.from({ length: words }, () => pick(random, WORDS)).join(" ");

function base64Pool(random) {
  const octets = Buffer.from(Array.from({ length: POOL_OCTETS }, () => between(random, 0, 255)));
  return Buffer.from(octets.toString("base64").replace(/.{76}/g, "$&\n"));
}

function sliceOfLines(pool, { octets, at }) {
  const wanted = Math.min(octets, pool.length / 2);
  const start = pool.indexOf(10, Math.floor((at * pool.length) / 2)) + 1;
  const end = pool.lastIndexOf(10, start + wanted) + 1;
  return end > start ? pool.subarray(start, end) : pool.subarray(start, pool.indexOf(10, start) + 1);
}

/** As many copies of the pool as it takes, from a random line on. */
function sliceOfBase64(pool, { octets, at }) {
  const lines = Math.floor(pool.length / BASE64_LINE) - 1;
  const start = Math.floor(at * (lines / 2)) * BASE64_LINE;
  const parts = [];
  for (let left = Math.floor(octets / BASE64_LINE) * BASE64_LINE; left > 0; ) {
    const part = pool.subarray(start, Math.min(start + left, lines * BASE64_LINE));
    parts.push(part);
    left -= part.length;
  }
  return Buffer.concat(parts);
}
