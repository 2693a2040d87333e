import { createTableSql, type PhysicalTable } from "../define/layout.ts";
import { parseWorkTable, STATE_DATABASE } from "../state/names.ts";
import type { Action } from "../state/actions.ts";
import type { WorkArea } from "../stage/work-area.ts";
import type { CommitContext } from "./commit-context.ts";

/** A new table of the attempt's own that can share parts with the given one. */
export async function createLike(work: WorkArea, table: PhysicalTable, what: string): Promise<string> {
  const name = work.name(what);
  await work.server.run(createTableSql(table, work.server.features, { database: STATE_DATABASE, name }), {
    doing: `preparing table "${table.name}"`,
  });
  return name;
}

/** The step that links the rows of a table of the attempt's own into another one. */
export function attachOf(
  { batch }: Pick<CommitContext, "batch">,
  to: { readonly database: string; readonly name: string },
  from: string,
  rows: number,
): Action {
  return {
    do: "attach",
    what: whatOf(from),
    database: to.database,
    table: to.name,
    rows,
    batch: String(batch),
  };
}

/** The name by which recovery finds a table of the attempt's own. */
export function whatOf(name: string): string {
  return parseWorkTable(name)?.what ?? name;
}
