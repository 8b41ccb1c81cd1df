// The worker thread of `worker-engine.ts`: one question in, one answer out.

import { parentPort } from "node:worker_threads";
import { encrypt } from "unixcrypt";
import type { CryptAnswer, CryptQuestion } from "./worker-engine.js";

parentPort?.on("message", (question: CryptQuestion) => {
  const answer: CryptAnswer = { id: question.id, hash: hashOf(question) };
  parentPort?.postMessage(answer);
});

function hashOf({ password, setting }: CryptQuestion): string | undefined {
  try {
    return encrypt(password, setting);
  } catch {
    return undefined;
  }
}
