// A lock without a disk, which can be lost at will and knows how often it was given back.

import type { Lease, LockOutcome, LockRequest, MaildropLock } from "#server/lock/maildrop-lock";

export class RecordingLease implements Lease {
  releases = 0;
  isLost = false;
  readonly #listeners: ((cause: unknown) => void)[] = [];

  onLost(listener: (cause: unknown) => void): void {
    this.#listeners.push(listener);
  }

  isHeld(): boolean {
    return !this.isLost && this.releases === 0;
  }

  release(): void {
    this.releases++;
  }

  /** Somebody else has it now; `quietly`: nobody has noticed yet. */
  lose(quietly?: "quietly"): void {
    this.isLost = true;
    if (quietly === undefined) for (const listener of this.#listeners) listener(new Error("taken"));
  }
}

export class RecordingLock implements MaildropLock {
  readonly leases: RecordingLease[] = [];
  readonly requests: LockRequest[] = [];
  /** What the next acquiring waits for, or ends with. */
  next: Promise<LockOutcome | "grant"> | undefined;

  async acquire(_maildrop: string, request: LockRequest): Promise<LockOutcome> {
    this.requests.push(request);
    const outcome = await this.next;
    if (outcome !== undefined && outcome !== "grant") return outcome;
    const lease = new RecordingLease();
    this.leases.push(lease);
    return { type: "held", lease };
  }

  close(): void {}

  /** Locks that nobody has given back. */
  get held(): number {
    return this.leases.filter(({ releases }) => releases === 0).length;
  }
}
