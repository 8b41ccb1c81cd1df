// What was delivered of late, as a maildrop of its own: the rest is not listed and cannot be touched. Several devices can share one
// maildrop so, each fetching what is new, without one of them taking years of mail.

import {
  ChosenTable,
  type Eventually,
  type Maildrop,
  type MessageTable,
  type MessageTrouble,
  type OpenMessage,
  positionsThat,
  type RemovalReport,
} from "@postigo/storage";
import type { OpenedMaildrop } from "./maildrop-opener.js";

/** `since`: milliseconds since 1970; it goes back with the clock, or when the operator asks for more days. A table in which nothing is older is the view itself. */
export function recentView(opened: OpenedMaildrop, since: number): OpenedMaildrop {
  const { maildrop, onRemoved } = opened;
  const recent = recentIn(maildrop.messages, since);
  if (recent.count === maildrop.messages.count) return opened;
  const view = new RecentMaildrop(maildrop, recent);
  if (onRemoved === undefined) return { ...opened, maildrop: view };
  return { ...opened, maildrop: view, onRemoved: (report) => onRemoved(mapped(report, (at) => recent.wholeOf(at))) };
}

class RecentTable extends ChosenTable {
  /** Of what it shows. */
  readonly #oldest: number;
  /** Of what it leaves out. */
  readonly #latest: number;

  constructor(whole: MessageTable, since: number) {
    let oldest = Number.POSITIVE_INFINITY;
    let latest = Number.NEGATIVE_INFINITY;
    const positions = positionsThat(whole, (position) => {
      const delivered = whole.deliveredAt(position);
      if (delivered < since) {
        latest = Math.max(latest, delivered);
        return false;
      }
      oldest = Math.min(oldest, delivered);
      return true;
    });
    super(whole, positions);
    this.#oldest = oldest;
    this.#latest = latest;
  }

  /** Whether a view that begins then shows the same. */
  isSince(since: number): boolean {
    return this.#latest < since && since <= this.#oldest;
  }
}

class RecentMaildrop implements Maildrop {
  readonly messages: RecentTable;
  readonly #whole: Maildrop;

  constructor(whole: Maildrop, messages: RecentTable) {
    this.#whole = whole;
    this.messages = messages;
  }

  get readsAtOnce(): boolean {
    return this.#whole.readsAtOnce;
  }

  open(position: number, target: Uint8Array): Eventually<OpenMessage | MessageTrouble> {
    return this.#whole.open(this.messages.wholeOf(position), target);
  }

  correctOctets(position: number, octets: number): void {
    this.#whole.correctOctets(this.messages.wholeOf(position), octets);
  }

  async remove(positions: readonly number[], mayGoOn?: () => boolean): Promise<RemovalReport> {
    const inView = new Map(positions.map((position) => [this.messages.wholeOf(position), position]));
    const report = await this.#whole.remove([...inView.keys()], mayGoOn);
    return mapped(report, (position) => inView.get(position) ?? Number.NaN);
  }

  markRetrieved(positions: readonly number[]): Promise<void> {
    return this.#whole.markRetrieved(positions.map((position) => this.messages.wholeOf(position)));
  }

  close(): Promise<void> {
    return this.#whole.close();
  }
}

/** The same object while it shows the same: what others keep of it, such as rendered listings, stays good. */
function recentIn(whole: MessageTable, since: number): RecentTable {
  const known = VIEWS.get(whole);
  if (known?.isSince(since)) return known;
  const view = new RecentTable(whole, since);
  VIEWS.set(whole, view);
  return view;
}

function mapped({ removed, failed }: RemovalReport, positionOf: (position: number) => number): RemovalReport {
  return {
    removed: removed.map((each) => ({ ...each, position: positionOf(each.position) })),
    failed: failed.map((each) => ({ ...each, position: positionOf(each.position) })),
  };
}

const VIEWS = new WeakMap<MessageTable, RecentTable>();
