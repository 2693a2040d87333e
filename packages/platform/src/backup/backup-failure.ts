import { MillraceError } from "@millrace/core";

/** A backup could not be made or put back: MLR_BACKUP_FAILED. A MillraceError stays as it is. */
export function backupFailure(what: string, error: unknown): MillraceError {
  if (error instanceof MillraceError) return error;
  const reason = error instanceof Error ? error.message : String(error);
  return new MillraceError("MLR_BACKUP_FAILED", `${what}: ${reason}`, {
    hint: "Check the disk's space and rights, and that the database answers; nothing that was there before has changed.",
    cause: error,
  });
}

/** The file is not what a backup wrote: MLR_BACKUP_DAMAGED. */
export function backupDamaged(path: string, why: string): MillraceError {
  return new MillraceError("MLR_BACKUP_DAMAGED", `${path} is no whole backup: ${why}`, {
    hint: "Nothing was restored. Use another copy of the file, or an older backup.",
    details: { path },
  });
}
