// The client's side of SCRAM (RFC 5802 §3), written apart from the server's so that both cannot be wrong alike.

import { createHash, createHmac, pbkdf2Sync } from "node:crypto";

export interface ScramClient {
  readonly first: string;
  /** The client-final message that answers the server-first one. */
  final(serverFirst: string): string;
  /** The server-final message that a server which knows the keys sends. */
  readonly expected: string;
}

export interface ScramClientOptions {
  readonly hash: "sha1" | "sha256";
  readonly user: string;
  readonly password: string;
  readonly nonce: string;
  readonly gs2Header?: string;
  /** Changes the client-final message before it is signed: a client that lies consistently. */
  readonly lie?: (withoutProof: string) => string;
}

export function createScramClient({
  hash,
  user,
  password,
  nonce,
  gs2Header = "n,,",
  lie = (text) => text,
}: ScramClientOptions): ScramClient {
  const bare = `n=${user.replaceAll("=", "=3D").replaceAll(",", "=2C")},r=${nonce}`;
  const hmac = (key: Uint8Array, text: string) => createHmac(hash, key).update(text).digest();
  let expected = "";
  return {
    first: gs2Header + bare,
    get expected() {
      return expected;
    },
    final(serverFirst) {
      const fields = new Map(serverFirst.split(",").map((field) => [field[0], field.slice(2)] as const));
      const salt = Buffer.from(fields.get("s") ?? "", "base64");
      const salted = pbkdf2Sync(password, salt, Number(fields.get("i")), hash === "sha1" ? 20 : 32, hash);
      const clientKey = hmac(salted, "Client Key");
      const withoutProof = lie(`c=${Buffer.from(gs2Header).toString("base64")},r=${fields.get("r")}`);
      const message = `${bare},${serverFirst},${withoutProof}`;
      const signature = hmac(createHash(hash).update(clientKey).digest(), message);
      const proof = Buffer.from(clientKey.map((octet, index) => octet ^ (signature[index] as number)));
      expected = `v=${hmac(hmac(salted, "Server Key"), message).toString("base64")}`;
      return `${withoutProof},p=${proof.toString("base64")}`;
    },
  };
}
