// Headers of the PROXY protocol, version 2, put together by hand.

const ports = (from: number, to: number): Buffer => {
  const octets = Buffer.alloc(4);
  octets.writeUInt16BE(from, 0);
  octets.writeUInt16BE(to, 2);
  return octets;
};

/** 192.0.2.7 port 56324 to 192.0.2.1 port 110. */
export const IPV4_ADDRESSES = Buffer.concat([Buffer.from([192, 0, 2, 7, 192, 0, 2, 1]), ports(56_324, 110)]);

/** 2001:db8::7 port 56324 to 2001:db8::1 port 110. */
export const IPV6_ADDRESSES = Buffer.concat([
  Buffer.from("20010db8000000000000000000000007", "hex"),
  Buffer.from("20010db8000000000000000000000001", "hex"),
  ports(56_324, 110),
]);

export const LOCAL = 0x20;
export const PROXY = 0x21;

export function binaryHeader(versionAndCommand: number, family: number, addresses: Uint8Array): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(addresses.length, 0);
  const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
  return Buffer.concat([signature, Buffer.from([versionAndCommand, family]), length, addresses]);
}
