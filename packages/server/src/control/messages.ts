// The language of the control socket, version 1. One JSON text a line:
//
//   request    {"version":1,"command":"who"}   {"version":1,"command":"kick","target":"USER or SESSION"}
//   answer     {"version":1,"sessions":N,"silent":K}, then N lines, a session each; or {"version":1,"error":"…"}
//              to a kick also "unfinished": the names of the sessions that are not over yet
//
// One request a connection; the server closes it after the answer.

import { z } from "zod";
import type { Census, KickReport } from "../gateway/observed.js";
import type { SessionFacts } from "../net/session-facts.js";

export type ControlRequest = { readonly command: "who" } | { readonly command: "kick"; readonly target: string };

/** Undefined: no request that this version knows. */
export function parseRequest(line: string): ControlRequest | undefined {
  const parsed = requestSchema.safeParse(fromJson(line));
  return parsed.success ? parsed.data : undefined;
}

export const encodeRequest = (request: ControlRequest): string =>
  `${JSON.stringify({ version: VERSION, ...request })}\n`;

export const encodeReport = ({ sessions, ...others }: Census | KickReport): string =>
  [{ version: VERSION, ...others, sessions: sessions.length }, ...sessions]
    .map((line) => `${JSON.stringify(line)}\n`)
    .join("");

export const encodeError = (error: string): string => `${JSON.stringify({ version: VERSION, error })}\n`;

/** A text says why there is none: what the server answered, or that it is no whole answer. */
export function parseAnswer(text: string): KickReport | string {
  const [head = "", ...lines] = text.split("\n").slice(0, -1);
  const answer = answerSchema.safeParse(fromJson(head));
  if (!answer.success) return "it gave no answer that this version knows";
  if ("error" in answer.data) return answer.data.error;
  const sessions = z.array(sessionSchema).safeParse(lines.map(fromJson));
  if (!sessions.success || sessions.data.length !== answer.data.sessions) return "its answer was cut off";
  const { silent, unfinished } = answer.data;
  return { sessions: sessions.data, silent, unfinished };
}

/** Between the processes of a pool, too. */
export const sessionSchema = z
  .object({
    session: z.string(),
    user: z.string().optional(),
    address: z.string(),
    listener: z.string(),
    tls: z.boolean(),
    state: z.enum(["AUTHORIZATION", "TRANSACTION", "UPDATE", "CLOSED"]),
    since: z.number(),
    idleMs: z.number(),
    octetsIn: z.number(),
    octetsOut: z.number(),
  })
  .transform(({ user, ...others }): SessionFacts => ({ ...others, user }));

const VERSION = 1;

const requestSchema = z.discriminatedUnion("command", [
  z.object({ version: z.literal(VERSION), command: z.literal("who") }),
  z.object({ version: z.literal(VERSION), command: z.literal("kick"), target: z.string().min(1) }),
]);

const answerSchema = z.union([
  z.object({
    version: z.literal(VERSION),
    sessions: z.number(),
    silent: z.number(),
    unfinished: z.array(z.string()).default([]),
  }),
  z.object({ version: z.literal(VERSION), error: z.string() }),
]);

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
