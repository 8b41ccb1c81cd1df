// Message numbers: 1…n, given when the maildrop is opened, never moved within the session (RFC 1939 §4).

declare const brand: unique symbol;

/** 1-based number of a message, fixed for the session. Made only by `parseMessageNumber` and `messageNumberAt`. */
export type MessageNumber = number & { readonly [brand]: "MessageNumber" };

/** The number of the message at a 0-based position of the listing. */
export const messageNumberAt = (position: number): MessageNumber => (position + 1) as MessageNumber;

/** The message with this number in a maildrop of `count` messages; undefined when there is none, as for 0. */
export const parseMessageNumber = (number: number, count: number): MessageNumber | undefined =>
  number >= 1 && number <= count ? (number as MessageNumber) : undefined;
