// CRAM-MD5 as Dovecot writes it: hex of the outer and then the inner MD5 state of an HMAC that has its key, 64 digits.

import { Secret } from "@postigo/protocol";
import { beginHmacMd5 } from "../hmac-md5.js";
import { decodeHex, octetsAreEqual } from "../octets.js";
import { malformed, type Scheme } from "./scheme.js";

export const CRAM_MD5: Scheme = {
  name: "CRAM-MD5",
  aliases: ["HMAC-MD5"],
  parse(text) {
    const octets = decodeHex(text);
    if (octets?.length !== 32) return malformed("not a {CRAM-MD5} secret", "it is 64 hexadecimal digits");
    const hmacMd5 = { outer: new Secret(octets.subarray(0, 16)), inner: new Secret(octets.subarray(16)) };
    const verify = (password: Uint8Array) => {
      const { outer, inner } = beginHmacMd5(password);
      return octetsAreEqual(Buffer.concat([outer.reveal(), inner.reveal()]), octets);
    };
    const stored = new Secret(octets);
    return { type: "secret", secret: { scheme: "CRAM-MD5", cost: "light", verify, stored, hmacMd5 } };
  },
};
