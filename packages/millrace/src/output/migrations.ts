import type { MillraceError } from "@millrace/core";
import type { MigrationState } from "../migrate/migration-state.ts";
import type { MigrationStep } from "../migrate/migrator.ts";
import { formatMany, formatSeconds } from "./numbers.ts";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";
import { clean } from "./text.ts";
import { timeText } from "./time-text.ts";

/** The migrations of one database as a table. */
export function stateTable(
  database: string,
  location: string,
  states: readonly MigrationState[],
  style: Style,
): string {
  const paint = { applied: style.green, pending: style.yellow, dirty: style.red };
  const table = renderTable(
    [{ title: "number", side: "right" }, { title: "name" }, { title: "state" }, { title: "when" }],
    states.map(({ version, name, state, last }) => [
      String(version),
      clean(name),
      paint[state](state),
      state === "pending" || last === undefined ? "" : timeText(last.happenedAt),
    ]),
    { heading: style.dim },
  );
  return `${style.bold(database)} ${style.dim(clean(location))}\n${table}`;
}

/** One thing that is wrong, with what to do. */
export function problemText(problem: MillraceError): string {
  const hint = problem.hint === undefined ? "" : `\n  ${clean(problem.hint)}`;
  return `✗ ${problem.code} ${clean(problem.message)}${hint}`;
}

/** One migration that was carried out. */
export function stepText({ file, direction, statements, durationMs }: MigrationStep): string {
  const what = direction === "up" ? "applied" : "undone";
  return `✓ ${clean(file)} ${what} (${formatMany(statements.length, "statement")}, ${formatSeconds(durationMs)} s)`;
}
