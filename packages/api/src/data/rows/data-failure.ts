import { MillraceError } from "@millrace/core";

/** A connection that is gone, a server that starts or stops, or one that has no more room. */
const AWAY = /^(08...|57P0.|53...|ECONNREFUSED|ECONNRESET|EPIPE|ETIMEDOUT|ENOTFOUND|EAI_AGAIN)$/;
/** A value that its type does not have, a pattern that is none, and what is too much for one statement. */
const BAD_VALUE = /^(22...|2201B|42704|42883|42804|42P18|54...)$/;
/** The table is not what it was a moment ago. */
const CHANGED = /^(42P01|42703|0A000|40001|XX000)$/;

/** What a failure of the database means to who asked. A MillraceError stays as it is. */
export function dataFailure(error: unknown, statementMs: number): MillraceError {
  if (error instanceof MillraceError) return error;
  const { code = "" } = (error ?? {}) as { readonly code?: string };
  const message = error instanceof Error ? error.message : String(error);
  const cause = { cause: error };
  if (code === "57014") {
    return new MillraceError("MLR_DATA_TIMEOUT", `The answer took longer than ${statementMs / 1_000} s`, {
      hint: "Ask for fewer rows, filter by columns that have an index, or leave out count=exact.",
      ...cause,
    });
  }
  if (BAD_VALUE.test(code) || (code === "42601" && message.includes("jsonpath"))) {
    return new MillraceError("MLR_ARGUMENT_INVALID", `The database cannot compare with that: ${message}`, {
      hint: "GET /data/openapi.json tells the type of each column.",
      details: { sqlState: code },
      ...cause,
    });
  }
  if (CHANGED.test(code)) {
    return new MillraceError("MLR_SCHEMA_MISMATCH", "The table is being changed", {
      hint: "Try again in a second.",
      ...cause,
    });
  }
  if (code === "42501") return new MillraceError("MLR_DESTINATION_PERMISSION", message, cause);
  if (AWAY.test(code) || /timeout|terminated|ended/i.test(message)) {
    return new MillraceError("MLR_DATABASE_UNAVAILABLE", message, cause);
  }
  return new MillraceError("MLR_INTERNAL", message, cause);
}
