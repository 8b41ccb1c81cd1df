// Going on with what may be there already: at once, without a promise, where it is.

import type { Eventually } from "@postigo/storage";

/** `next` with what `work` gives; `failed` with what it throws or rejects with. */
export function andThen<T, R>(
  work: () => Eventually<T>,
  next: (value: T) => Eventually<R>,
  failed: (error: unknown) => Eventually<R> = rethrow,
): Eventually<R> {
  let value: Eventually<T>;
  try {
    value = work();
  } catch (error) {
    return failed(error);
  }
  return value instanceof Promise ? value.then(next, failed) : next(value);
}

function rethrow(error: unknown): never {
  throw error;
}
