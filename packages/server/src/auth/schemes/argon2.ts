// ARGON2ID and its brothers, in the PHC form `$argon2id$v=19$m=…,t=…,p=…$salt$hash`.

import { Secret } from "@postigo/protocol";
import { malformed, type Scheme } from "./scheme.js";

const FORM =
  /^\$argon2(?:id|i|d)\$(?:v=\d{1,2}\$)?m=\d{1,8},t=\d{1,5},p=\d{1,3}\$[A-Za-z0-9+/]{11,}\$[A-Za-z0-9+/]{16,}$/;

export const ARGON2ID: Scheme = {
  name: "ARGON2ID",
  aliases: ["ARGON2I", "ARGON2D", "ARGON2"],
  parse(hash) {
    if (!FORM.test(hash)) return malformed("not a {ARGON2ID} hash", "it is $argon2id$v=19$m=…,t=…,p=…$salt$hash");
    const stored = new Secret(Buffer.from(hash));
    const verify = async (password: Uint8Array) => (await import("@node-rs/argon2")).verify(hash, password);
    return { type: "secret", secret: { scheme: "ARGON2ID", cost: "heavy", verify, stored } };
  },
};
