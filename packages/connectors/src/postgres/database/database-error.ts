import { MillraceError, type ErrorCode } from "@millrace/core";
import { postgresError } from "../errors.ts";

/** Errors of a statement that trying again may help: serialization failures, deadlocks, locks not to be had, timeouts, limits. */
const MAY_PASS = /^(?:40|53|55P03|55006|57014)/;

const LOGIN = /^28/;

/**
 * The MillraceError for what went wrong with a database that a pipeline uses: the connection is MLR_DATABASE_UNAVAILABLE,
 * everything that the server refuses MLR_DATABASE_FAILED, with `retry` by its class.
 * @param where what was done and where, without credentials: `querying postgresql://host/db`.
 */
export function databaseError(error: unknown, where: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const known = postgresError(error, where);
  const sqlstate = String(known.details["sqlstate"] ?? "");
  const unavailable = known.code === "MLR_DESTINATION_UNAVAILABLE";
  const code: ErrorCode = unavailable ? "MLR_DATABASE_UNAVAILABLE" : "MLR_DATABASE_FAILED";
  const hint = unavailable || LOGIN.test(sqlstate) ? known.hint : hintOf(error);
  return new MillraceError(code, known.message, {
    details: known.details,
    cause: error,
    retry: unavailable || MAY_PASS.test(sqlstate) ? "later" : "never",
    ...(hint === undefined ? {} : { hint }),
  });
}

/** What the server itself says to do. */
function hintOf(error: unknown): string | undefined {
  const hint = (error as { hint?: unknown } | null)?.hint;
  return typeof hint === "string" && hint !== "" ? hint : undefined;
}
