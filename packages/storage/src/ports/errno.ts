/** The errno name (`ENOENT`) of what a FileSystem call threw, undefined for anything else. */
export function errnoOf(error: unknown): string | undefined {
  return error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : undefined;
}

/** Whether there was no such file; NFS may say ESTALE when another host has removed it. */
export function isMissing(error: unknown): boolean {
  const errno = errnoOf(error);
  return errno === "ENOENT" || errno === "ESTALE";
}

/** An error in the form of Node's own. */
export function errnoError(code: string, syscall: string, path: string): Error {
  return Object.assign(new Error(`${code}: ${syscall} '${path}'`), { code, syscall, path });
}
