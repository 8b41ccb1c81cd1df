// A POP3 client that takes times. It speaks one command at a time and looks at no more of a response than its end.

import { createConnection } from "node:net";

const LF = 10;
const TERMINATION = Buffer.from("\r\n.\r\n");

/** Connects to a port of the loopback and takes the greeting. */
export async function connect(port) {
  const socket = createConnection({ host: "127.0.0.1", port, noDelay: true });
  let take = () => undefined;
  let fail = () => undefined;
  let tail = Buffer.alloc(0);
  let isGood;
  let isMultiline = false;
  socket.on("data", (octets) => {
    isGood ??= octets[0] === 0x2b; // "+"
    tail = Buffer.concat([tail, octets]).subarray(-TERMINATION.length);
    if (isMultiline && isGood ? tail.equals(TERMINATION) : tail.at(-1) === LF) take(isGood);
  });
  for (const event of ["error", "close"]) socket.on(event, () => fail(new Error("the connection was closed")));

  const response = (multiline) =>
    new Promise((resolve, reject) => {
      [take, fail, isGood, isMultiline, tail] = [resolve, reject, undefined, multiline, Buffer.alloc(0)];
    });

  /** Sends a command; the milliseconds until its response was complete. Throws on -ERR. */
  const time = async (line, multiline) => {
    const began = performance.now();
    const answered = response(multiline);
    socket.write(`${line}\r\n`);
    if (!(await answered)) throw new Error(`${line.split(" ", 1)[0]} was refused`);
    return performance.now() - began;
  };

  await response(false);
  return {
    command: (line) => time(line, false),
    listing: (line) => time(line, true),
    end: () => socket.destroy(),
  };
}
