// The messages of SCRAM (RFC 5802 §7), read and written.
//
//   client-first = gs2-header client-first-bare
//   gs2-header   = ( "n" / "y" / "p=" cb-name ) "," [ "a=" saslname ] ","
//   client-first-bare = [ "m=" … "," ] "n=" saslname "," "r=" nonce *( "," extension )
//   server-first = "r=" nonce ",s=" base64(salt) ",i=" iterations
//   client-final = "c=" base64(gs2-header) ",r=" nonce *( "," extension ) ",p=" base64(proof)
//   server-final = "v=" base64(signature)
//   saslname     = UTF-8 with "," as "=2C" and "=" as "=3D"
//   nonce        = 1*( 0x21–0x2B / 0x2D–0x7E )
//   extension    = ALPHA "=" 1*( UTF-8 without NUL and "," )

import { decodeBase64 } from "../octets.js";

export interface ClientFirst {
  /** As it came: the client-final message repeats it in base64. */
  readonly gs2Header: string;
  /** As it came: part of what is signed. */
  readonly bare: string;
  /** Empty when the client gave none. */
  readonly authzid: string;
  readonly user: string;
  readonly nonce: string;
}

/**
 * undefined: malformed, or more than this server does. "p=" binds to a channel, which no announced mechanism does (§6);
 * "m=" is an extension that must be understood, and none is (§5.1). "y" is fine: no -PLUS mechanism is announced.
 */
export function parseClientFirst(text: string): ClientFirst | undefined {
  const match = /^((?:n|y),(?:a=([^,]+))?,)(n=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)((?:,[A-Za-z]=[^,\0]+)*))$/s.exec(text);
  if (match === null) return undefined;
  const [, gs2Header = "", writtenAuthzid = "", bare = "", writtenUser = "", nonce = ""] = match;
  const authzid = decodeSaslname(writtenAuthzid);
  const user = decodeSaslname(writtenUser);
  const fits = nonce.length >= LEAST_NONCE && nonce.length <= MOST_NONCE;
  if (authzid === undefined || user === undefined || !fits) return undefined;
  return { gs2Header, bare, authzid, user, nonce };
}

export interface ClientFinal {
  readonly channelBinding: Uint8Array;
  readonly nonce: string;
  readonly proof: Uint8Array;
  /** As it came: part of what is signed. */
  readonly withoutProof: string;
}

export function parseClientFinal(text: string): ClientFinal | undefined {
  const match = /^(c=([^,]+),r=([\x21-\x2b\x2d-\x7e]+)(?:,[A-Za-z]=[^,\0]+)*),p=([^,]+)$/s.exec(text);
  if (match === null) return undefined;
  const [, withoutProof = "", binding = "", nonce = "", written = ""] = match;
  const channelBinding = decodeBase64(binding);
  const proof = decodeBase64(written);
  if (channelBinding === undefined || proof === undefined) return undefined;
  return { channelBinding, nonce, proof, withoutProof };
}

export function formatServerFirst(nonce: string, salt: Uint8Array, iterations: number): string {
  return `r=${nonce},s=${Buffer.from(salt).toString("base64")},i=${iterations}`;
}

export function formatServerFinal(signature: Uint8Array): string {
  return `v=${Buffer.from(signature).toString("base64")}`;
}

/** §5.1: "=2C" and "=3D" are the only uses of "=". */
function decodeSaslname(written: string): string | undefined {
  if (/=(?!2C|3D)|\0/.test(written)) return undefined;
  return written.replaceAll("=2C", ",").replaceAll("=3D", "=");
}

/** Fewer characters than any client sends (libraries: 16 to 48) would be no protection against replay for it. */
const LEAST_NONCE = 8;
const MOST_NONCE = 512;
