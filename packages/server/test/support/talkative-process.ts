// Writes lines to standard error by a LineSink, as a worker of a pool does: node talkative-process.js LINES NAME

import { LineSink } from "#server/log/line-sink";

const [lines, name] = process.argv.slice(2);
const sink = new LineSink(undefined, () => undefined);
for (let count = 1; count <= Number(lines); count++) sink.write(`${name} ${count} ${"x".repeat(count % 300)}`);
await sink.drained();
