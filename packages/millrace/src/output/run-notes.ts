import type { RunEvent, RunReport, SchemaChange } from "@millrace/core";
import { formatMany } from "./numbers.ts";
import { clean } from "./text.ts";

/** Most notes of one kind that are printed; the others are counted. */
const MOST = 5;

/** What is worth knowing of a run besides its counts, gathered from its events. */
export class RunNotes {
  readonly #schema: SchemaChange[] = [];
  readonly #rejected = new Map<string, { rows: number; table: string; code: string; message: string }>();

  /** Takes in an event of the run. */
  observe(event: RunEvent): void {
    if (event.type === "schema") this.#schema.push(...event.changes);
    if (event.type !== "rejected") return;
    const id = `${event.table}\n${event.code}`;
    const known = this.#rejected.get(id);
    if (known === undefined) this.#rejected.set(id, { ...event });
    else known.rows += event.rows;
  }

  /** The notes, each one line, cleaned for a terminal. */
  of(report: RunReport): readonly string[] {
    return [
      ...some(
        [...this.#rejected.values()].map(
          ({ rows, table, code, message }) =>
            `${formatMany(rows, "row")} of ${table} rejected (${code}), such as: ${message}`,
        ),
      ),
      ...Object.entries(report.tables).flatMap(([table, { duplicates }]) =>
        duplicates > 0
          ? [`${formatMany(duplicates, "row")} of ${table} had a later row of the same key: the last won`]
          : [],
      ),
      ...Object.entries(report.withheld).map(
        ([table, reasons]) =>
          `nothing was removed from ${table}, because not everything was read: ${reasons.join("; ")}`,
      ),
      // What no commit came to is no news.
      ...some(this.#schema.filter(({ table }) => Object.hasOwn(report.tables, table)).flatMap(schemaNote)),
    ].map(clean);
  }
}

function some(notes: readonly string[]): readonly string[] {
  return notes.length <= MOST
    ? notes
    : [...notes.slice(0, MOST), `… and ${notes.length - MOST} more like these`];
}

/** Changes of a table that existed; a new table is news to nobody. */
function schemaNote(change: SchemaChange): string[] {
  const { kind, table, column, from, to } = change;
  // A table that is still to be created has grown: it names none.
  if (column === undefined) return [];
  switch (kind) {
    case "add-column":
      return [`column ${column} (${to}) added to ${table}`];
    case "widen-column":
      return [`column ${column} of ${table} widened from ${from} to ${to}`];
    case "drop-not-null":
      return [`column ${column} of ${table} may be empty from now on`];
    default:
      return [];
  }
}
