import { MillraceError, type ErrorCode, type Json } from "@millrace/core";
import { ruleFor, type ErrorKind } from "./error-rules.ts";

/** Who asked: rows that land, or code that uses a database. */
export type ErrorSide = "destination" | "database";

/** Fields of the errors that tedious throws; and Node's `code` for what the network did. */
interface DriverError extends Error {
  readonly code?: unknown;
  readonly number?: unknown;
  readonly state?: unknown;
  readonly class?: unknown;
  readonly procName?: unknown;
  readonly lineNumber?: unknown;
}

const CODES: Readonly<Record<ErrorKind, ErrorCode>> = {
  unavailable: "MLR_DESTINATION_UNAVAILABLE",
  conflict: "MLR_DESTINATION_CONFLICT",
  duplicate: "MLR_DESTINATION_CONFLICT",
  full: "MLR_DESTINATION_FULL",
  readOnly: "MLR_DESTINATION_READ_ONLY",
  permission: "MLR_DESTINATION_PERMISSION",
  row: "MLR_ROW_INVALID",
  mismatch: "MLR_SCHEMA_MISMATCH",
  schema: "MLR_SCHEMA_INVALID",
  failed: "MLR_DESTINATION_FAILED",
};

/** Worth trying again as it is. */
const LATER: ReadonlySet<ErrorKind> = new Set(["unavailable", "conflict", "full"]);

/**
 * The MillraceError for what the driver threw.
 * @param where what was being done and where, without credentials: `writing to table "a" of mssql://host:1433/db`.
 */
export function sqlServerError(
  error: unknown,
  where: string,
  side: ErrorSide = "destination",
): MillraceError {
  if (error instanceof MillraceError) return error;
  // Values that cannot be written say so themselves; tedious wraps them.
  if (error instanceof Error && error.cause instanceof MillraceError) return error.cause;
  const thrown = firstOf(error);
  const { kind, hint } = ruleFor(thrown);
  return new MillraceError(codeOf(kind, side), `${where}: ${driverMessage(error)}`, {
    cause: error,
    details: detailsOf(thrown),
    retry: LATER.has(kind) || (kind === "duplicate" && side === "destination") ? "later" : "never",
    ...(hint === undefined ? {} : { hint }),
  });
}

/** What the server or the driver said. */
export function driverMessage(error: unknown): string {
  return firstOf(error).message || "unknown error";
}

/** What the driver threw, where the error is made of that; otherwise the error itself. */
export function driverError(error: unknown): unknown {
  let inner = error;
  while (inner instanceof MillraceError && inner.cause !== undefined) inner = inner.cause;
  return inner;
}

/** True where the connection is gone, so that what became of the last statement is not known. */
export function isConnectionLost(error: unknown): boolean {
  return ruleFor(firstOf(driverError(error))).lost === true;
}

/** The number of the server's message, such as 1205; undefined where the server said nothing. */
export function errorNumber(error: unknown): number | undefined {
  const { number } = firstOf(driverError(error));
  return typeof number === "number" ? number : undefined;
}

function codeOf(kind: ErrorKind, side: ErrorSide): ErrorCode {
  if (side === "destination") return CODES[kind];
  return kind === "unavailable" ? "MLR_DATABASE_UNAVAILABLE" : "MLR_DATABASE_FAILED";
}

/** Of several messages of one statement the first tells why; the others only that it was ended. */
function firstOf(error: unknown): DriverError {
  if (error instanceof AggregateError && error.errors.length > 0) return firstOf(error.errors[0]);
  const thrown = (error instanceof Error ? error : new Error(String(error))) as DriverError;
  const { cause } = thrown;
  // tedious wraps what the network said; Node's own code tells more, such as ENOTFOUND.
  const inner = cause instanceof AggregateError ? cause.errors[0] : cause;
  if (thrown.code === "ESOCKET" && inner instanceof Error && "code" in inner) {
    return Object.assign(new Error(thrown.message), { code: inner.code });
  }
  return thrown;
}

function detailsOf(error: DriverError): Record<string, Json> {
  const details: Record<string, Json> = {};
  for (const field of ["number", "state", "class", "lineNumber", "procName", "code"] as const) {
    const value = error[field];
    if (typeof value === "number" || (typeof value === "string" && value !== "")) details[field] = value;
  }
  return details;
}

/** True where a lock was not to be had within LOCK_TIMEOUT. */
export function isLockTimeout(error: unknown): boolean {
  return errorNumber(error) === 1222;
}
