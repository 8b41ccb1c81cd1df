// A value now, or a promise of it: synchronous while the storage root is quick, asynchronous when it is slow (DESIGN §3, File I/O).

export type Eventually<T> = T | Promise<T>;

/** The value of a call that was known to be done at once. */
export function atOnce<T>(value: Eventually<T>): T {
  if (value instanceof Promise) throw new TypeError("a call that was to be done at once was put off");
  return value;
}

/** `then` applied to the value, now if it is here, else when it comes: no promise, and no turn of the event loop, unless one is needed. */
export function andThen<T, U>(value: Eventually<T>, then: (value: T) => Eventually<U>): Eventually<U> {
  return value instanceof Promise ? value.then(then) : then(value);
}
