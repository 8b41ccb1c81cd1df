// A canary over the maildrops of a spool: a login that finds another directory in the place of its maildrop is refused before the client
// is told anything, and before anything is changed there.

import type { FoundMaildrop } from "@postigo/storage";
import type { EventLog } from "../log/event-log.js";
import type { MaildropGuard } from "../maildrop/maildrop-sources.js";
import type { Canary, Sight } from "./canary.js";
import type { CanaryThresholds, Judgement } from "./judgement.js";

export interface CanaryGuardParts {
  readonly canary: Canary;
  readonly thresholds: CanaryThresholds;
  readonly log: EventLog;
  /** What an operator does when the change is meant. */
  readonly remedy: (user: string) => string;
}

export function createCanaryGuard(parts: CanaryGuardParts): MaildropGuard {
  const { canary, thresholds, log, remedy } = parts;
  const tell = (user: string, maildrop: string, { known, missing }: Change): void =>
    log.event("maildrop-changed", { user, maildrop, known, missing: `${missing}%`, remedy: remedy(user) });
  return {
    judge: (found, place, { name }) => {
      const judgement = canary.judge(sightOf(found, place), thresholds);
      if (!(judgement instanceof Promise)) return undefined;
      return judgement.then((result) => {
        if (result.type === "familiar") return undefined;
        tell(name, place, result);
        return "another directory stands in the place of the maildrop, without its messages";
      });
    },
    removed: (found, place, { removed }) => {
      // A copy that went with its message stands there once more under the same position.
      const positions = new Set(removed.map(({ position }) => position));
      canary.removed(sightOf(found, place), [...positions], thresholds);
    },
  };
}

type Change = Extract<Judgement, { type: "changed" }>;

function sightOf({ messages, folders }: FoundMaildrop, maildrop: string): Sight {
  return { maildrop, table: messages, folders };
}
