import { MillraceError } from "@millrace/core";

/** Longest part of a query that a message shows. */
const MAX_SHOWN = 200;

/** The error for what DuckDB said of a query: with the line and column where it says so, and the query. */
export function sqlError(error: unknown, query: string, hint?: string): MillraceError {
  if (error instanceof MillraceError) return error;
  const message = error instanceof Error ? error.message : String(error);
  const said = message.replace(/^Failed to \w+ statements?: /, "");
  const position = positionIn(said);
  const text = said.split(/\n\s*\n?LINE \d+:/)[0]?.trim() ?? said;
  const where = position === undefined ? "" : ` at line ${position.line}, column ${position.column}`;
  return new MillraceError("MLR_TRANSFORM_FAILED", `sql(): ${text}${where}, in: ${shown(query)}`, {
    hint: hint ?? hintFor(said),
    details: { query, ...position },
    cause: error,
  });
}

/** DuckDB shows the line with a caret below it; long lines are cut at the left, and then only the line is known. */
function positionIn(said: string): { readonly line: number; readonly column: number } | undefined {
  const [, line = "", text = "", caret = ""] = /LINE (\d+): (.*)\n(\s*)\^/.exec(said) ?? [];
  if (line === "" || text.startsWith("...")) return undefined;
  return { line: Number(line), column: caret.length - `LINE ${line}: `.length + 1 };
}

function hintFor(said: string): string {
  if (said.startsWith("Permission Error"))
    return "A query sees its batch and the tables that were named, and no other files: name them with the option tables.";
  if (said.startsWith("Out of Memory"))
    return "Raise the option memory, or lower it if the machine itself has no more: DuckDB then uses temporary files earlier.";
  if (/not found in FROM clause|does not exist/.test(said))
    return "Columns that no row has brought yet can be declared with the option columns.";
  return "Correct the query; see https://duckdb.org/docs/stable/sql/introduction for DuckDB's SQL.";
}

function shown(query: string): string {
  const flat = query.replaceAll(/\s+/g, " ").trim();
  return flat.length <= MAX_SHOWN ? flat : `${flat.slice(0, MAX_SHOWN)}…`;
}
