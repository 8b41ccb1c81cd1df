// The rows of the table. kind says how a row is measured (measure/), args are the load generator's (load/pop3load.c).
//
//   goal      against the better of the Dovecots in the same repetition: at least (rates) or at most (times) this often
//   goalCpu   server CPU a unit against the same, at most
//   atMost    an absolute goal in the row's unit

const rate = (group, name, spool, row) => ({ kind: "rate", group, name, spool, better: "more", ...row });
const opening = (name, spool, row) => ({ kind: "opening", group: "uidl", name, spool, better: "less", ...row });

const SESSIONS = { metric: "sessions_per_s", unit: "sessions/s" };
const MESSAGES = { metric: "msgs_per_s", unit: "messages/s" };
const MEGABYTES = { metric: "MB_per_s", unit: "MB/s" };
const TIME = { metric: "p50_ms", unit: "ms" };

const login = (connections, row = {}) =>
  rate("login", `login c=${connections}`, "few", {
    ...SESSIONS,
    args: ["-m", "login", "-c", String(connections), "-n", "500"],
    goal: 2.5,
    goalCpu: 0.35,
    ...row,
  });

const retrieve = (name, spool, { connections, window, ...row }) =>
  rate("retr", name, spool, {
    args: ["-m", "retr", "-c", String(connections), "-W", String(window)],
    ...row,
  });

export const ROWS = [
  login(1),
  login(32),
  login(128),
  retrieve("RETR 5 KB c=4 w=1", "small", { ...MESSAGES, connections: 4, window: 1, goal: 1.5 }),
  retrieve("RETR 5 KB c=4 w=16", "small", { ...MESSAGES, connections: 4, window: 16, goal: 3 }),
  retrieve("RETR mixed c=4", "mixed", { ...MEGABYTES, connections: 4, window: 1, goal: 2.5 }),
  retrieve("RETR 20 MB c=2", "large", { ...MEGABYTES, connections: 2, window: 1, goal: 3 }),
  opening("LIST+UIDL 1k", "k1", { ...TIME, goals: { first: 0.5, later: 0.1 } }),
  opening("LIST+UIDL 10k", "k10", { ...TIME, goals: { first: 0.5, later: 0.1 } }),
  opening("LIST+UIDL 10k ,S= ,W=", "k10sized", { ...TIME, goals: { first: 0.5, later: 0.1 } }),
  opening("LIST+UIDL 100k", "k100", { ...TIME, goals: { first: 0.35, later: 0.05 } }),
  rate("poll", "poll unchanged 1k c=8", "poll", { ...SESSIONS, args: ["-m", "poll", "-c", "8"], goal: 12 }),
  { kind: "deleting", group: "dele", name: "DELE 10k and QUIT", spool: "dele", better: "more", ...MESSAGES, goal: 1.2 },
  { ...login(32, { goal: 1.5, goalCpu: undefined }), group: "tls", name: "POP3S handshake + login c=32", tls: true },
  {
    ...retrieve("POP3S RETR 20 MB c=2", "large", { ...MEGABYTES, connections: 2, window: 1, goal: 1.5 }),
    group: "tls",
    tls: true,
  },
  { kind: "idle", group: "idle", name: "idle session", spool: "idle", better: "less", unit: "KB", atMost: 25 },
  {
    kind: "idle",
    group: "idle",
    name: "idle session TLS",
    spool: "idle",
    better: "less",
    unit: "KB",
    atMost: 45,
    tls: true,
  },
  { kind: "big", group: "memory", name: "session on 100k", spool: "k100", better: "less", unit: "MB", atMost: 15 },
];

export const GROUPS = [...new Set(ROWS.map(({ group }) => group))];

/** The rows that are asked for by a group or by words of their names; all for an empty list. */
export function chosenRows(wanted) {
  if (wanted.length === 0) return ROWS;
  return ROWS.filter(({ group, name }) =>
    wanted.some((word) => group === word || name.toLowerCase().includes(word.toLowerCase())),
  );
}
