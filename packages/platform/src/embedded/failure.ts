import { readFile } from "node:fs/promises";
import { MillraceError, type Json } from "@millrace/core";

/** Extra facts of a failed start. */
export interface FailureOptions {
  readonly hint?: string;
  readonly details?: Record<string, Json>;
  readonly cause?: unknown;
  /** Lines of the server's log to quote. */
  readonly log?: readonly string[];
}

const OWN_SERVER = "Or set MILLRACE_DATABASE_URL to a PostgreSQL of your own.";

/** An MLR_DATABASE_START that quotes the server's log. */
export function startFailure(message: string, options: FailureOptions = {}): MillraceError {
  const log = options.log ?? [];
  const quoted = log.length === 0 ? "" : `\n${log.map((line) => `  | ${line}`).join("\n")}`;
  return new MillraceError("MLR_DATABASE_START", message + quoted, {
    hint: options.hint ?? OWN_SERVER,
    ...(options.details === undefined ? {} : { details: options.details }),
    ...(options.cause === undefined ? {} : { cause: options.cause }),
  });
}

/** Turns what the file system or the system's process starter refused into an MLR_DATABASE_START that says what to do. */
export function asStartFailure(error: unknown, directory: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const code = (error as NodeJS.ErrnoException).code ?? "";
  const reason = error instanceof Error ? error.message : String(error);
  return startFailure(`The embedded PostgreSQL in ${directory} could not be started: ${reason}`, {
    hint: hintFor(code),
    details: { directory, ...(code === "" ? {} : { code }) },
    cause: error,
  });
}

/** The hint that fits what the log says, where it says something known. */
export function hintForLog(lines: readonly string[]): string | undefined {
  const text = lines.join("\n");
  if (/No space left on device|File too large|Disk quota exceeded/i.test(text)) return hintFor("ENOSPC");
  if (/Permission denied|Operation not permitted/i.test(text)) return hintFor("EACCES");
  if (/could not look up effective user/i.test(text)) {
    return "The current user has no entry in /etc/passwd, which PostgreSQL needs. Add one, or set MILLRACE_DATABASE_URL.";
  }
  if (/error while loading shared libraries|Library not loaded|not found \(required by/i.test(text)) {
    return "A system library is missing; install the one that is named. Or set MILLRACE_DATABASE_URL.";
  }
  if (
    /incompatible with server|not initialized by|pg_control|invalid checkpoint|could not locate a valid/i.test(
      text,
    )
  ) {
    return "The data folder is damaged or of another version. Restore it from a backup, or delete it with `millrace db reset`.";
  }
  return undefined;
}

function hintFor(code: string): string {
  switch (code) {
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return "Free some space, or choose another disk with MILLRACE_DATA_DIR.";
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return "Run as the folder's owner, give the current user write permission, or choose another folder with MILLRACE_DATA_DIR.";
    default:
      return OWN_SERVER;
  }
}

/** The last `count` lines of a text file from byte `offset` on; empty where it cannot be read. */
export async function tail(file: string, offset = 0, count = 12): Promise<string[]> {
  const bytes = await readFile(file).catch(() => Buffer.alloc(0));
  const lines = bytes.subarray(Math.min(offset, bytes.length)).toString("utf8").split(/\r?\n/);
  return lines.filter((line) => line.trim() !== "").slice(-count);
}
