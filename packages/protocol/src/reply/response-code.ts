// Response codes we send, announced by RESP-CODES and AUTH-RESP-CODE in CAPA (RFC 2449 §8, RFC 3206).

export type ResponseCode =
  /** Credentials are wrong, as far as we tell. */
  | "AUTH"
  /** Another session holds the maildrop. */
  | "IN-USE"
  /** Too soon after the last login, or after failed ones. */
  | "LOGIN-DELAY"
  /** A fault that may pass by itself. */
  | "SYS/TEMP"
  /** A fault that an operator must mend. */
  | "SYS/PERM";
