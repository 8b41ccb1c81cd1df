// A canary over the maildrops of a spool: a login that finds another directory in the place of its maildrop is refused before the client
// is told anything, and before anything is changed there.

import type { Eventually, RemovalReport } from "@postigo/storage";
import type { EventLog } from "../log/event-log.js";
import type { OpenedMaildrop, SourceOutcome } from "../maildrop/maildrop-opener.js";
import type { MaildropGuard } from "../maildrop/maildrop-sources.js";
import type { Canary } from "./canary.js";
import type { CanaryThresholds, Judgement } from "./judgement.js";

export interface CanaryGuardParts {
  readonly canary: Canary;
  readonly thresholds: CanaryThresholds;
  readonly log: EventLog;
  /** What an operator does when the change is meant. */
  readonly remedy: (user: string) => string;
}

export function createCanaryGuard(parts: CanaryGuardParts): MaildropGuard {
  const { canary, thresholds } = parts;
  return (opened, place, { name }): Eventually<SourceOutcome> => {
    const sight = { maildrop: place, table: opened.maildrop.messages, folders: opened.folders };
    const onRemoved = ({ removed }: RemovalReport): void => {
      // A copy that went with its message stands there once more under the same position.
      const positions = new Set(removed.map(({ position }) => position));
      canary.removed(sight, [...positions], thresholds);
    };
    const guarded = { ...opened, onRemoved };
    const judgement = canary.judge(sight, thresholds);
    if (!(judgement instanceof Promise)) return guarded;
    return judgement.then((result) =>
      result.type === "familiar" ? guarded : refuse(guarded, result, { ...parts, user: name, maildrop: place }),
    );
  };
}

type Change = Extract<Judgement, { type: "changed" }>;

interface Refusal extends CanaryGuardParts {
  readonly user: string;
  readonly maildrop: string;
}

async function refuse(opened: OpenedMaildrop, change: Change, about: Refusal): Promise<SourceOutcome> {
  const { log, remedy, user, maildrop } = about;
  await opened.maildrop.close();
  const { known, missing } = change;
  log.event("maildrop-changed", { user, maildrop, known, missing: `${missing}%`, remedy: remedy(user) });
  return { type: "refused", why: "another directory stands in the place of the maildrop, without its messages" };
}
