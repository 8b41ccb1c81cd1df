// Reads a multi-line answer of any size without keeping it: undoes byte-stuffing on the way, counts and hashes.

import { createHash } from "node:crypto";
import type { Socket } from "node:net";

const DOT = 0x2e;
const CR = 0x0d;
const LF = 0x0a;

export interface Digest {
  readonly octets: number;
  readonly sha256: string;
}

/** Digest of the octets of a body that were given in pieces. */
export function digestOf(pieces: Iterable<Uint8Array>): Digest {
  const hash = createHash("sha256");
  let octets = 0;
  for (const piece of pieces) {
    hash.update(piece);
    octets += piece.length;
  }
  return { octets, sha256: hash.digest("hex") };
}

/** Sends `RETR n` on a socket in TRANSACTION and digests the body; the socket must have no other listener. */
export function retrieveDigest(socket: Socket, message: number): Promise<Digest> {
  const reader = new BodyReader();
  return new Promise((resolve, reject) => {
    const onData = (chunk: Buffer): void => {
      const digest = reader.push(chunk);
      if (digest === undefined) return;
      socket.off("data", onData).off("close", onClose);
      resolve(digest);
    };
    const onClose = (): void => reject(new Error("the connection ended within a body"));
    socket.on("data", onData).once("close", onClose);
    socket.write(`RETR ${message}\r\n`);
  });
}

type Place = "status" | "line-start" | "after-dot" | "line";

class BodyReader {
  readonly #hash = createHash("sha256");
  #octets = 0;
  #place: Place = "status";

  push(chunk: Buffer): Digest | undefined {
    for (let at = 0; at < chunk.length; ) {
      if (this.#place === "after-dot" && chunk[at] === CR) return this.#finish();
      if (this.#place === "line-start" && chunk[at] === DOT) {
        this.#place = "after-dot";
        at += 1;
      } else {
        at = this.#takeLine(chunk, at);
      }
    }
    return undefined;
  }

  #takeLine(chunk: Buffer, from: number): number {
    const lineEnd = chunk.indexOf(LF, from);
    const end = lineEnd < 0 ? chunk.length : lineEnd + 1;
    if (this.#place !== "status") this.#take(chunk.subarray(from, end));
    if (lineEnd >= 0) this.#place = "line-start";
    else if (this.#place !== "status") this.#place = "line";
    return end;
  }

  #take(octets: Buffer): void {
    this.#hash.update(octets);
    this.#octets += octets.length;
  }

  #finish(): Digest {
    return { octets: this.#octets, sha256: this.#hash.digest("hex") };
  }
}
