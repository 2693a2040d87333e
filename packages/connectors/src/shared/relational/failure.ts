import type { ErrorCode, Json } from "@millrace/core";

/** What an error of the driver means. */
export interface Failure {
  /** Most often MLR_DESTINATION_UNAVAILABLE, _CONFLICT, _FULL, _PERMISSION, _READ_ONLY or _FAILED, MLR_ROW_INVALID or MLR_SCHEMA_MISMATCH. */
  readonly code: ErrorCode;
  /** Default: what the driver said. It may hold no password. */
  readonly message?: string;
  /** What to do. */
  readonly hint?: string;
  /** Default: as the code says. */
  readonly retry?: "never" | "later";
  /** Such as the database's own error number. */
  readonly details?: Readonly<Record<string, Json>>;
  /** The connection is gone, so that what became of the last statement is not known. Default false. */
  readonly lost?: boolean;
  /** What the toolkit reacts to: a lock that was not to be had in time, a key that is there already. */
  readonly condition?: "lock-timeout" | "duplicate-key";
}
