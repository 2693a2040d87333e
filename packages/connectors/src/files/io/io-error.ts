import { MillraceError, type ErrorCode } from "@millrace/core";

const CODES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  ENOSPC: ["MLR_DESTINATION_FULL", "Free some disk space, then run again: what was committed is there."],
  EDQUOT: ["MLR_DESTINATION_FULL", "The quota of disk space is used up: free some, then run again."],
  EFBIG: ["MLR_DESTINATION_FULL", "The file system takes no files that large: lower maxFileBytes."],
  EACCES: ["MLR_DESTINATION_PERMISSION", "Let the user that runs the pipeline write to this folder."],
  EPERM: ["MLR_DESTINATION_PERMISSION", "Let the user that runs the pipeline write to this folder."],
  EROFS: ["MLR_DESTINATION_READ_ONLY", "Choose a folder on a file system that can be written to."],
  EMFILE: ["MLR_DESTINATION_UNAVAILABLE", "Too many files are open: raise the limit of open files."],
  ENFILE: ["MLR_DESTINATION_UNAVAILABLE", "Too many files are open on this machine."],
  EBUSY: ["MLR_DESTINATION_UNAVAILABLE", "Another program keeps the file open: close it, then run again."],
  EIO: ["MLR_DESTINATION_UNAVAILABLE", "The disk or network share failed: check it, then run again."],
  ESTALE: ["MLR_DESTINATION_UNAVAILABLE", "The network share failed: check it, then run again."],
  ENOTDIR: [
    "MLR_DESTINATION_FAILED",
    "A file is where a folder is wanted: remove it, or choose another path.",
  ],
};

/** The code that the operating system gave, such as `ENOENT`; undefined where the error is another one. */
export function errno(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as NodeJS.ErrnoException).code : undefined;
  return typeof code === "string" ? code : undefined;
}

/** The MillraceError for what the file system said. `what` tells what was being done, such as `writing /data/t`. */
export function ioError(error: unknown, what: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const [code, hint] = CODES[errno(error) ?? ""] ?? ["MLR_DESTINATION_FAILED", undefined];
  const message = error instanceof Error ? error.message : String(error);
  return new MillraceError(code, `${what}: ${message}`, {
    ...(hint === undefined ? {} : { hint }),
    cause: error,
  });
}
