// What a V8 profile (--cpu-prof) of Postigo says: the functions that took most of the time it was busy, and a flame graph.

import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { flameGraph } from "./flame-graph.mjs";
import { markdown } from "./report.mjs";

const SHOWN = 12;
const NO_WORK = new Set(["(idle)", "(root)"]);

/** Flags that make Node write a profile into `folder` when it ends; the folder is made, for the mail owner to write. */
export function profilingFlags(folder) {
  mkdirSync(folder, { recursive: true });
  chmodSync(folder, 0o777);
  return ["--cpu-prof", `--cpu-prof-dir=${folder}`];
}

/**
 * Tables of every profile in `folder`, in shares of the time not idle; a call that blocks counts as long as it lasts. Draws each
 * as a flame graph beside it, `NAME.svg`, with `title`.
 */
export function summarizeProfiles(folder, title) {
  return readdirSync(folder)
    .filter((name) => name.endsWith(".cpuprofile"))
    .map((name) => {
      const profile = JSON.parse(readFileSync(join(folder, name), "utf8"));
      writeFileSync(join(folder, name.replace(/cpuprofile$/, "svg")), flameGraph(profile, title));
      return `\n${name}\n\n${summary(profile)}`;
    })
    .join("");
}

function summary({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, { ...node, time: 0 }]));
  samples.forEach((id, index) => {
    byId.get(id).time += Math.max(0, timeDeltas[index]);
  });
  const plain = new Map();
  const charged = new Map();
  addUp(nodes[0].id, { byId, plain, charged, owner: "Node itself" });
  return `${table("function, alone", plain)}\n${table("function, with the calls of Node that it makes", charged)}`;
}

function addUp(id, { byId, plain, charged, owner }) {
  const node = byId.get(id);
  const place = placeOf(node.callFrame);
  const isOurs = node.callFrame.url.startsWith("file:");
  const payer = isOurs ? place : owner;
  if (!NO_WORK.has(node.callFrame.functionName)) {
    plain.set(place, (plain.get(place) ?? 0) + node.time);
    charged.set(payer, (charged.get(payer) ?? 0) + node.time);
  }
  for (const child of node.children ?? []) addUp(child, { byId, plain, charged, owner: payer });
}

function table(title, times) {
  const total = [...times.values()].reduce((sum, time) => sum + time, 0);
  const rows = [...times]
    .sort(([, left], [, right]) => right - left)
    .slice(0, SHOWN)
    .map(([place, time]) => [`${((100 * time) / total).toFixed(1)} %`, place]);
  return markdown([["share", title], ...rows]);
}

function placeOf({ functionName, url, lineNumber }) {
  const name = functionName === "" ? "(anonymous)" : functionName;
  if (url === "") return name;
  return `${name} ${url.replace(/^.*\/(packages|node_modules)\//, "$1/")}:${lineNumber + 1}`;
}
