// A value now, or a promise of it: synchronous while the storage root is quick, asynchronous when it is slow (DESIGN §3, File I/O).

export type Eventually<T> = T | Promise<T>;
