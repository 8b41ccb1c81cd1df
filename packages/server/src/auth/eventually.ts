// Going on with a value that may be there already: no promise, and no turn of the event loop, unless one is needed.

import type { Eventually } from "@postigo/storage";

/** `then` applied to the value, now if it is here, else when it comes. */
export function andThen<T, U>(value: Eventually<T>, then: (value: T) => Eventually<U>): Eventually<U> {
  return value instanceof Promise ? value.then(then) : then(value);
}
