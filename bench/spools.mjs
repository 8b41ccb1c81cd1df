// The maildrops that the rows use: so many users with a prefix, all with hard links to one master maildrop.

/** Most repetitions of a row; a row that uses a maildrop up takes one user for each. */
export const MOST_REPETITIONS = 9;

export const SPOOLS = {
  few: { prefix: "u", users: 500, recipe: { messages: 5, sizes: "small" } },
  small: { prefix: "s", users: 4, recipe: { messages: 500, sizes: "small" } },
  mixed: { prefix: "m", users: 4, recipe: { messages: 300, sizes: "mixed" } },
  large: { prefix: "l", users: 2, recipe: { messages: 5, sizes: "large" } },
  poll: { prefix: "p", users: 8, recipe: { messages: 1_000, sizes: "tiny" } },
  k1: { prefix: "ka", users: MOST_REPETITIONS, recipe: { messages: 1_000, sizes: "tiny" } },
  k10: { prefix: "kb", users: MOST_REPETITIONS, recipe: { messages: 10_000, sizes: "tiny" } },
  k10sized: { prefix: "kw", users: MOST_REPETITIONS, recipe: { messages: 10_000, sizes: "tiny", sized: true } },
  k100: { prefix: "kc", users: MOST_REPETITIONS, recipe: { messages: 100_000, sizes: "tiny" } },
  dele: { prefix: "d", users: MOST_REPETITIONS, recipe: { messages: 10_000, sizes: "tiny", quota: true } },
  idle: { prefix: "i", users: 5_000, recipe: { messages: 5, sizes: "tiny" } },
};

export const PASSWORD = "secret";

/** Every user of every spool. */
export function userNames() {
  return Object.values(SPOOLS).flatMap(({ prefix, users }) =>
    Array.from({ length: users }, (_, index) => `${prefix}${index + 1}`),
  );
}
