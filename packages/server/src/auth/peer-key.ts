// One key for each party behind an address: an IPv6 customer has a /64 to change within (RFC 6177).

/** IPv4 as it stands, also when mapped into IPv6; of IPv6 the first 64 bits; anything else (a local socket) as it stands. */
export function peerKey(address: string): string {
  if (!address.includes(":")) return address;
  const mapped = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1];
  if (mapped !== undefined) return mapped;
  const [before = "", after] = address.replace(/%.*$/, "").toLowerCase().split("::");
  const head = groups(before);
  const tail = after === undefined ? [] : groups(after);
  const zeros = Array.from({ length: Math.max(0, GROUPS - head.length - tail.length) }, () => "0");
  return `${[...head, ...zeros, ...tail].slice(0, GROUPS / 2).join(":")}::/64`;
}

function groups(text: string): readonly string[] {
  return text === "" ? [] : text.split(":").map((group) => group.replace(/^0+(?=.)/, ""));
}

const GROUPS = 8;
