// Waiting without sleeping: each wait ends by the event itself, or fails at its deadline with the name of what did not happen.

const DEADLINE_MS = 20_000;
const POLL_MS = 10;

/** `promise`, or a rejection that names `what` after `ms`. */
export async function within<T>(what: string, promise: Promise<T>, ms = DEADLINE_MS): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what}: not within ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([promise, deadline]);
  } finally {
    clearTimeout(timer);
  }
}

/** Asks `condition` again and again until it gives a value other than undefined and false. For what sends no event, as a file's birth. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  ms = DEADLINE_MS,
): Promise<NonNullable<T>> {
  const end = performance.now() + ms;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== null && value !== false) return value;
    if (performance.now() > end) throw new Error(`${what}: not within ${ms} ms`);
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}
