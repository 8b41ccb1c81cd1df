/** For the end of a `switch` over a union: the compiler proves that no case is missing. */
export function assertNever(value: never): never {
  throw new TypeError(`no such case: ${JSON.stringify(value)}`);
}
