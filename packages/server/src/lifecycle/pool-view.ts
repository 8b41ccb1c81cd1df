// All workers of a pool as one gateway, for whoever watches it.

import cluster from "node:cluster";
import { z } from "zod";
import type { Clock } from "../clock.js";
import { sessionSchema } from "../control/messages.js";
import type { Census, KickReport, Observed } from "../gateway/observed.js";
import type { Family } from "../metrics/family.js";
import { PoolTally } from "../metrics/pool-tally.js";
import { askWorkers, type PoolAnswers, type PoolQuestion } from "./pool-questions.js";

export function createPoolView(clock: Clock): Observed {
  const ask = (question: PoolQuestion): Promise<PoolAnswers> => askWorkers(question, clock);
  const tally = new PoolTally();
  cluster.on("exit", ({ id }) => tally.ended(id));
  return {
    metrics: async () => {
      const answering = new Set<number>();
      await askWorkers({ type: "metrics" }, clock, (worker, answer) => {
        if (worker.isDead()) return;
        answering.add(worker.id);
        tally.heard(worker.id, z.array(familySchema).parse(answer));
      });
      return tally.families(answering);
    },
    sessions: async () => censusOf(await ask({ type: "sessions" })),
    kick: async (target) => reportOf(await ask({ type: "kick", target })),
    hindrance: async () => hindranceOf(await ask({ type: "hindrance" })),
  };
}

/** One worker that is ready can serve. */
function hindranceOf({ answers }: PoolAnswers): string | undefined {
  const hindrances = z.array(z.string()).parse(answers);
  return hindrances.includes("") ? undefined : (hindrances[0] ?? "no worker answers");
}

const censusOf = ({ answers, silent }: PoolAnswers): Census => ({
  sessions: z.array(z.array(sessionSchema)).parse(answers).flat(),
  silent,
});

function reportOf({ answers, silent }: PoolAnswers): KickReport {
  const reports = z.array(reportSchema).parse(answers);
  return {
    sessions: reports.flatMap(({ sessions }) => sessions),
    unfinished: reports.flatMap(({ unfinished }) => unfinished),
    silent,
  };
}

const reportSchema = z.object({ sessions: z.array(sessionSchema), unfinished: z.array(z.string()) });

const familySchema: z.ZodType<Family> = z.object({
  name: z.string(),
  help: z.string(),
  type: z.enum(["counter", "gauge", "histogram"]),
  aggregator: z.enum(["sum", "max", "min"]),
  values: z.array(
    z
      .object({ labels: z.record(z.string(), z.string()), value: z.number(), metricName: z.string().optional() })
      .transform(({ metricName, ...value }) => (metricName === undefined ? value : { ...value, metricName })),
  ),
});
