// The package brings no types of its own.

declare module "saslprep" {
  /** The prepared text (RFC 4013); throws for what it prohibits. */
  function saslprep(text: string, options?: { readonly allowUnassigned?: boolean }): string;
  // biome-ignore lint/style/noDefaultExport: that is how the package exports it
  export default saslprep;
}
