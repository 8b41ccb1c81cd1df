// PLAIN: the password as it stands. The only scheme from which every mechanism can work.

import { Secret } from "@postigo/protocol";
import { octetsAreEqual } from "../octets.js";
import { malformed, type Scheme } from "./scheme.js";

export const PLAIN: Scheme = {
  name: "PLAIN",
  aliases: ["CLEARTEXT", "CLEAR", "PLAIN-TEXT"],
  parse(text) {
    if (text === "") return malformed("the password is empty", "write one after {PLAIN}, or remove the line");
    const plain = new Secret(Buffer.from(text, "utf8"));
    const verify = (password: Uint8Array) => octetsAreEqual(password, plain.reveal());
    return { type: "secret", secret: { scheme: "PLAIN", cost: "light", verify, stored: plain, plain } };
  },
};
