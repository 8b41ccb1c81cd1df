// What the first process of a pool asks its workers, and how they answer: over the channel that cluster gives them.

import cluster, { type Worker } from "node:cluster";
import type { Clock } from "../clock.js";
import type { Observed } from "../gateway/observed.js";
import { isOfKind, workersKnown } from "./pool-message.js";

export type PoolQuestion =
  | { readonly type: "metrics" }
  | { readonly type: "sessions" }
  | { readonly type: "kick"; readonly target: string }
  | { readonly type: "hindrance" };

export interface PoolAnswers {
  /** As they came: whoever asked judges their form. */
  readonly answers: readonly unknown[];
  /** Workers that did not answer in time. */
  readonly silent: number;
}

/**
 * In the first process. Never rejects: a worker that hangs, or dies meanwhile, is silent. One that comes to itself later does not
 * do any more what was asked: a kick would hit whoever has come since. `onAnswer` hears each answer when it comes.
 */
export function askWorkers(
  question: PoolQuestion,
  clock: Clock,
  onAnswer?: (worker: Worker, answer: unknown) => void,
): Promise<PoolAnswers> {
  const id = ++asked;
  const open = new Set<Worker>(workersKnown());
  const answers: unknown[] = [];
  return new Promise((resolve) => {
    const finish = (): void => {
      patience.cancel();
      cluster.off("message", onMessage).off("disconnect", onGone);
      resolve({ answers, silent: expected - answers.length });
    };
    const done = (worker: Worker): void => {
      if (open.delete(worker) && open.size === 0) finish();
    };
    const onMessage = (worker: Worker, message: unknown): void => {
      if (!isAnswer(message) || message.id !== id || !open.has(worker)) return;
      answers.push(message.answer);
      onAnswer?.(worker, message.answer);
      done(worker);
    };
    const onGone = (worker: Worker): void => done(worker);
    const expected = open.size;
    const patience = clock.after(DEADLINE_MS, finish);
    cluster.on("message", onMessage).on("disconnect", onGone);
    const message = { postigo: QUESTION, id, question, until: clock.now() + DEADLINE_MS };
    for (const worker of open) worker.send(message, () => undefined);
    if (expected === 0) finish();
  });
}

/** In a worker, from its start to its end. */
export function answerPool(observed: Observed, clock: Clock): void {
  process.on("message", (message: unknown) => {
    if (!isQuestion(message) || clock.now() > message.until) return;
    const { id, question } = message;
    void answerTo(question, observed).then((answer) => {
      if (process.connected) process.send?.({ postigo: ANSWER, id, answer }, undefined, undefined, () => undefined);
    });
  });
}

async function answerTo(question: PoolQuestion, observed: Observed): Promise<unknown> {
  switch (question.type) {
    case "metrics":
      return (await observed.metrics())[0] ?? [];
    case "sessions":
      return (await observed.sessions()).sessions;
    case "kick":
      return observed.kick(question.target);
    case "hindrance":
      return (await observed.hindrance()) ?? "";
  }
}

let asked = 0;
const QUESTION = "question";
const ANSWER = "answer";
/** Beyond the time a worker gives to a kick. */
const DEADLINE_MS = 2_000;

const isAnswer = (message: unknown): message is { readonly id: number; readonly answer: unknown } =>
  isOfKind(message, ANSWER);

/** Only the first process, which is the same program, can send one. */
const isQuestion = (
  message: unknown,
): message is { readonly id: number; readonly question: PoolQuestion; readonly until: number } =>
  isOfKind(message, QUESTION);
