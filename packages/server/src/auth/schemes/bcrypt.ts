// BLF-CRYPT: bcrypt, `$2y$cost$salt+hash`. `$2x$` is the form of a broken PHP and not accepted.

import { Secret } from "@postigo/protocol";
import { malformed, type Scheme } from "./scheme.js";

const FORM = /^\$2[aby]\$(?:0[4-9]|[12]\d|3[01])\$[./A-Za-z0-9]{53}$/;

export const BLF_CRYPT: Scheme = {
  name: "BLF-CRYPT",
  aliases: ["BCRYPT"],
  parse(hash) {
    if (!FORM.test(hash))
      return malformed("not a {BLF-CRYPT} hash", "it is $2y$, the cost in two digits, $ and 53 characters");
    const stored = new Secret(Buffer.from(hash));
    const verify = async (password: Uint8Array) => (await import("@node-rs/bcrypt")).verify(password, hash);
    return { type: "secret", secret: { scheme: "BLF-CRYPT", cost: "heavy", verify, stored } };
  },
};
