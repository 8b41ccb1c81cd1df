// Maildirs with a canary over them: a login that finds another directory in the place of its maildrop is refused before the client
// is told anything.

import type { Eventually, RemovalReport } from "@postigo/storage";
import type { Account } from "../auth/authenticator.js";
import type { EventLog } from "../log/event-log.js";
import type { MaildropSource, SourceOutcome } from "../maildrop/maildrop-opener.js";
import type { Canary } from "./canary.js";
import type { CanaryThresholds } from "./judgement.js";

export interface GuardParts {
  readonly canary: Canary;
  readonly thresholds: CanaryThresholds;
  readonly log: EventLog;
  /** What an operator does when the change is meant. */
  readonly remedy: (user: string) => string;
}

type Opened = SourceOutcome & { readonly type: "opened" };

export function createGuardedSource(source: MaildropSource, parts: GuardParts): MaildropSource {
  const guard = (outcome: SourceOutcome, place: string, account: Account): Eventually<SourceOutcome> =>
    outcome.type === "opened" ? guardOpened(outcome, { place, account }, parts) : outcome;
  return {
    locate: (account) => source.locate(account),
    open(place, account, mayGoOn) {
      const opening = source.open(place, account, mayGoOn);
      if (opening instanceof Promise) return opening.then((outcome) => guard(outcome, place, account));
      return guard(opening, place, account);
    },
  };
}

interface Visit {
  readonly place: string;
  readonly account: Account;
}

function guardOpened(outcome: Opened, visit: Visit, parts: GuardParts): Eventually<SourceOutcome> {
  const { canary, thresholds } = parts;
  const sight = { maildrop: visit.place, table: outcome.maildrop.messages, folders: outcome.folders };
  const onRemoved = ({ removed }: RemovalReport): void => {
    // A copy that went with its message stands there once more under the same position.
    const positions = new Set(removed.map(({ position }) => position));
    canary.removed(sight, [...positions], thresholds);
  };
  const opened: SourceOutcome = { ...outcome, onRemoved };
  const judgement = canary.judge(sight, thresholds);
  if (!(judgement instanceof Promise)) return opened;
  return judgement.then(async (result) => {
    if (result.type === "familiar") return opened;
    await outcome.maildrop.close();
    parts.log.event("maildrop-changed", {
      user: visit.account.name,
      maildrop: visit.place,
      known: result.known,
      missing: `${result.missing}%`,
      remedy: parts.remedy(visit.account.name),
    });
    return { type: "refused", why: CHANGED };
  });
}

const CHANGED = "another directory stands in the place of the maildrop, without its messages";
