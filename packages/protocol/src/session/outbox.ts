// What one call of the session leads to, in order. Consecutive replies are put together, so that a burst of commands is
// answered with few large sends.
//
// One reply alone goes out as it stands, uncopied. Further ones join it in a buffer that grows to GATHERED_OCTETS and then
// goes out. A long body, such as the listing of a big maildrop, is never copied: what was gathered goes out before it.

import { GATHERED_OCTETS } from "../limits.js";
import type { Effect } from "./effect.js";

export class Outbox {
  readonly #effects: Effect[] = [];
  /** One piece as it stands, or a buffer of our own with `#length` octets of several. */
  #gathered: Uint8Array | undefined;
  #length = 0;
  #sentOctets = 0;

  /** Octets handed out so far. */
  get octets(): number {
    return this.#sentOctets + this.#length;
  }

  send(octets: Uint8Array): void {
    if (this.#gathered === undefined) {
      this.#gathered = octets;
      this.#length = octets.length;
    } else if (this.#length + octets.length > GATHERED_OCTETS) {
      this.#flush();
      this.send(octets);
    } else {
      this.#join(this.#gathered, octets);
    }
  }

  push(effect: Effect): void {
    this.#flush();
    this.#effects.push(effect);
  }

  /** All of it; the outbox is used up. */
  take(): readonly Effect[] {
    this.#flush();
    return this.#effects;
  }

  #join(gathered: Uint8Array, octets: Uint8Array): void {
    const needed = this.#length + octets.length;
    let target = gathered;
    if (needed > target.length || this.#isForeign) {
      target = new Uint8Array(Math.min(Math.max(2 * needed, SMALLEST), GATHERED_OCTETS));
      target.set(gathered.subarray(0, this.#length));
      this.#gathered = target;
    }
    target.set(octets, this.#length);
    this.#length = needed;
  }

  /** A piece that was handed in may be shared, and is as long as its content. */
  get #isForeign(): boolean {
    return this.#gathered?.length === this.#length;
  }

  #flush(): void {
    if (this.#gathered === undefined) return;
    const octets = this.#isForeign ? this.#gathered : this.#gathered.subarray(0, this.#length);
    this.#effects.push({ type: "send", octets });
    this.#sentOctets += this.#length;
    this.#gathered = undefined;
    this.#length = 0;
  }
}

const SMALLEST = 256;
