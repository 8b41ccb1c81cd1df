// What the processes of a pool send each other over the channel that cluster gives them: `{ postigo: kind, … }`.

export const isOfKind = (message: unknown, kind: string): boolean =>
  typeof message === "object" && message !== null && "postigo" in message && message.postigo === kind;
