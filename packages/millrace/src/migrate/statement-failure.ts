import { MillraceError } from "@millrace/core";
import type { Migration } from "./migration-file.ts";
import type { SqlStatement } from "./split-statements.ts";

/** MLR_MIGRATION_FAILED for what the database says of a statement, naming its line. @param then what there is to do. */
export function statementFailure(
  migration: Migration,
  statement: SqlStatement,
  error: unknown,
  then: string,
): MillraceError {
  const line = lineOf(statement, error);
  const outside =
    /cannot (?:run|be executed) inside a transaction|not allowed within (?:a )?multi-statement transaction/i.test(
      messageOf(error),
    )
      ? " Where it has to do without a transaction, add a line: -- migrate:no-transaction."
      : "";
  return new MillraceError("MLR_MIGRATION_FAILED", `${migration.file}:${line}: ${messageOf(error)}`, {
    hint: `${then}${outside}`,
    details: { file: migration.file, line, version: migration.version },
    cause: error,
  });
}

/** The line that the database complains about, where it tells the position. */
function lineOf(statement: SqlStatement, error: unknown): number {
  for (let at = error, depth = 0; at instanceof Error && depth < 5; at = at.cause, depth++) {
    if (!("position" in at)) continue;
    const position = Number(at.position);
    if (position > 0) return statement.line + statement.text.slice(0, position - 1).split("\n").length - 1;
  }
  return statement.line;
}

/** What went wrong, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
