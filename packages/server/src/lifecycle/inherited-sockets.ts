// Socket activation: the service manager has bound the sockets, keeps them, and hands them to each process it starts, as file
// descriptors from 3 on. While no process runs, connections wait in the backlog. The protocol is that of sd_listen_fds(3).

import cluster from "node:cluster";

export interface InheritedSocket {
  readonly fd: number;
  /** `FileDescriptorName=` of the socket unit. */
  readonly name: string | undefined;
}

export interface ProcessFacts {
  readonly pid: number;
  /** Of the first process of a pool, which hands on what it got; undefined: this one was started by the manager itself. */
  readonly poolPid: number | undefined;
}

/** What was handed to this process. The variables stay in the environment, so that a worker of a pool finds them too. */
export function inheritedSockets(
  env: Readonly<Record<string, string | undefined>> = process.env,
  facts: ProcessFacts = { pid: process.pid, poolPid: cluster.isWorker ? process.ppid : undefined },
): readonly InheritedSocket[] {
  const { LISTEN_PID: pid, LISTEN_FDS: count, LISTEN_FDNAMES: names } = env;
  // Meant for somebody else: a shell or a wrapper that did not exec has left its variables behind.
  if (pid === undefined || (pid !== String(facts.pid) && pid !== String(facts.poolPid))) return [];
  if (count === undefined || !/^[1-9]\d{0,2}$/.test(count)) return [];
  const named = names?.split(":") ?? [];
  return Array.from({ length: Number(count) }, (_, position) => ({
    fd: FIRST_FD + position,
    name: named[position] || undefined,
  }));
}

/** SD_LISTEN_FDS_START. */
const FIRST_FD = 3;
