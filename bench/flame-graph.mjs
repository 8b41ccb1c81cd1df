// A flame graph (SVG) of a V8 profile: a box a call, as wide as the share of busy time spent in it and below, callees below
// their caller, the widest first. Boxes tell their name and share under the pointer.

const WIDTH = 1200;
const ROW = 17;
const HEAD = 28;
/** Narrower boxes say nothing. */
const NARROWEST = 0.5;
const LETTER = 6.1;
const NOT_BUSY = ["(idle)", "(program)"];

/** `profile` as `node --cpu-prof` writes it; calls of the functions in `without`, and what they call, are left out. */
export function flameGraph(profile, title, without = []) {
  const root = callTree(profile, new Set([...NOT_BUSY, ...without]));
  const boxes = [];
  const deepest = place(root, { x: 0, depth: 0, scale: WIDTH / root.time, total: root.time }, boxes);
  const height = HEAD + (deepest + 1) * ROW + 4;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="monospace" font-size="10.5">
<rect width="${WIDTH}" height="${height}" fill="#fff"/>
<text x="6" y="18" font-size="13">${escaped(title)}</text>
${boxes.join("\n")}
</svg>
`;
}

/** Calls of the same function by the same caller are one. */
function callTree({ nodes, samples, timeDeltas }, without) {
  const times = new Map();
  samples.forEach((id, index) => {
    times.set(id, (times.get(id) ?? 0) + Math.max(0, timeDeltas[index]));
  });
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const merge = (ids) => {
    const calls = new Map();
    for (const id of ids) {
      const node = byId.get(id);
      if (without.has(node.callFrame.functionName)) continue;
      const name = nameOf(node.callFrame);
      const call = calls.get(name) ?? { name, isOurs: node.callFrame.url.startsWith("file:"), own: 0, callees: [] };
      call.own += times.get(id) ?? 0;
      call.callees.push(...(node.children ?? []));
      calls.set(name, call);
    }
    return [...calls.values()].map(({ callees, ...call }) => summedUp({ ...call, children: merge(callees) }));
  };
  return summedUp({ name: "all busy time", isOurs: false, own: 0, children: merge(nodes[0].children ?? []) });
}

function summedUp(call) {
  const time = call.children.reduce((sum, child) => sum + child.time, call.own);
  return { ...call, time, children: call.children.sort((left, right) => right.time - left.time) };
}

/** Adds the boxes of a call and of what it calls; returns the deepest row. */
function place(call, { x, depth, scale, total }, boxes) {
  const width = call.time * scale;
  if (width < NARROWEST) return depth - 1;
  boxes.push(box(call, { x, y: HEAD + depth * ROW, width, share: call.time / total }));
  let deepest = depth;
  let left = x;
  for (const child of call.children) {
    deepest = Math.max(deepest, place(child, { x: left, depth: depth + 1, scale, total }, boxes));
    left += child.time * scale;
  }
  return deepest;
}

function box({ name, isOurs }, { x, y, width, share }) {
  const room = Math.floor((width - 4) / LETTER);
  const label = room < 3 ? "" : `<text x="${(x + 2).toFixed(1)}" y="${y + 12}">${escaped(name.slice(0, room))}</text>`;
  const fill = isOurs ? "#f7b267" : "#bcd4e6";
  const hint = `<title>${escaped(name)} ${(100 * share).toFixed(1)} %</title>`;
  return `<g>${hint}<rect x="${x.toFixed(1)}" y="${y}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${fill}"/>${label}</g>`;
}

function nameOf({ functionName, url, lineNumber }) {
  const name = functionName === "" ? "(anonymous)" : functionName;
  return url.startsWith("file:") ? `${name} ${url.replace(/^.*\//, "")}:${lineNumber + 1}` : name;
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
