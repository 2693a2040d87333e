import { type ErrorCode, MillraceError } from "@millrace/core";

const CODES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOSPC: [
    "MLR_STORAGE_FULL",
    "Free some disk space: nothing half is visible, and the run may be tried again.",
  ],
  EDQUOT: ["MLR_STORAGE_FULL", "The quota of disk space is used up: free some, then try again."],
  EFBIG: ["MLR_STORAGE_FULL", "The file system takes no files that large."],
  EACCES: ["MLR_STORAGE_DENIED", "Let the user that runs Millrace read and write this folder."],
  EPERM: ["MLR_STORAGE_DENIED", "Let the user that runs Millrace read and write this folder."],
  EROFS: ["MLR_STORAGE_DENIED", "The file system is read-only: choose another folder."],
};

/** The code that the operating system gave, such as `ENOENT`. */
export function errno(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** The MillraceError for what the file system said. @param what was being done, such as `writing /data/x`. */
export function folderFailure(error: unknown, what: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const [code, hint] = CODES[errno(error) ?? ""] ?? [
    "MLR_STORAGE_UNAVAILABLE",
    "Check that the disk or network share is there, then try again.",
  ];
  const message = error instanceof Error ? error.message : String(error);
  return new MillraceError(code, `${what}: ${message}`, { hint, cause: error });
}
