// What an operator should know of the certificates. The server turns each into a line of its log.

export type TlsEvent =
  | { readonly type: "certificate-expired"; readonly file: string; readonly since: string }
  | { readonly type: "certificate-expires-soon"; readonly file: string; readonly on: string; readonly days: number }
  | { readonly type: "certificate-not-yet-valid"; readonly file: string; readonly from: string }
  /** The certificate configured for a name does not cover it: clients will refuse it. */
  | { readonly type: "certificate-misses-name"; readonly file: string; readonly name: string }
  | { readonly type: "key-readable-by-others"; readonly file: string };
