// Which of several things a client's server name means: an exact name first, then a wildcard for its first label, else none.

/** `T` is a secure context in the server. Names are compared without regard to case, and without a last dot (RFC 6066 §3). */
export class ServerNames<T> {
  readonly #exact = new Map<string, T>();
  readonly #wildcards = new Map<string, T>();

  constructor(entries: Iterable<readonly [name: string, value: T]>) {
    for (const [name, value] of entries) {
      const plain = normalise(name);
      if (plain.startsWith("*.")) this.#wildcards.set(plain.slice(2), value);
      else this.#exact.set(plain, value);
    }
  }

  get size(): number {
    return this.#exact.size + this.#wildcards.size;
  }

  /** RFC 6125 §6.4.3: a wildcard stands for one whole label, the leftmost. */
  find(name: string): T | undefined {
    const plain = normalise(name);
    const dot = plain.indexOf(".");
    return this.#exact.get(plain) ?? (dot > 0 ? this.#wildcards.get(plain.slice(dot + 1)) : undefined);
  }
}

const normalise = (name: string): string => name.toLowerCase().replace(/\.$/, "");
