// A value that must never reach a log, an error text or a JSON document.

/** Octets that cannot be printed by accident: every textual form of the object is the word `[secret]`. */
export class Secret {
  readonly #octets: Uint8Array;

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  /** The octets themselves. Call it only where the cryptography needs them. */
  reveal(): Uint8Array {
    return this.#octets;
  }

  toString(): string {
    return "[secret]";
  }

  toJSON(): string {
    return "[secret]";
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return "[secret]";
  }
}
