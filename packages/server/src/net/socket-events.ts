// The events of a socket, given to whoever owns it. The listeners are shared by all sockets, so that an idle connection
// holds no closures; the owner is found through a symbol on the socket.

import type { Socket } from "node:net";

export interface SocketOwner {
  onData(chunk: Buffer): void;
  /** The peer has sent its last octet; it may still read. */
  onEnd(): void;
  onDrain(): void;
  onError(error: Error): void;
  /** The last event of a socket. */
  onClose(): void;
}

const OWNER = Symbol("owner");

interface OwnedSocket extends Socket {
  [OWNER]?: SocketOwner | undefined;
}

/** A socket that has an owner already goes over to the new one. */
export function attach(socket: OwnedSocket, owner: SocketOwner): void {
  const isHeard = socket[OWNER] !== undefined;
  socket[OWNER] = owner;
  if (isHeard) return;
  socket.on("data", onData).on("end", onEnd).on("drain", onDrain).on("error", onError).on("close", onClose);
}

/** The socket goes to another owner (TLS); its errors are heard there. */
export function detach(socket: OwnedSocket): void {
  socket[OWNER] = undefined;
  socket.off("data", onData).off("end", onEnd).off("drain", onDrain).off("close", onClose);
}

function onData(this: OwnedSocket, chunk: Buffer): void {
  this[OWNER]?.onData(chunk);
}

function onEnd(this: OwnedSocket): void {
  this[OWNER]?.onEnd();
}

function onDrain(this: OwnedSocket): void {
  this[OWNER]?.onDrain();
}

function onError(this: OwnedSocket, error: Error): void {
  this[OWNER]?.onError(error);
}

function onClose(this: OwnedSocket): void {
  this[OWNER]?.onClose();
}
