import { formatColumnType, type ColumnDefinition, type Json } from "@millrace/core";
import { physicalColumns, type PhysicalTable } from "../define/layout.ts";
import { quote } from "../server/quote.ts";
import type { Action } from "../state/actions.ts";
import { epochTable, STATE_DATABASE } from "../state/names.ts";
import { tableEntryName } from "../state/registry.ts";
import type { CommitContext } from "./commit-context.ts";
import { attachOf, createLike } from "./delta.ts";
import type { DiffCounts, DiffTable } from "./diff-table.ts";

/** Keys that stay in the table of an epoch that is still open. */
export async function prepareSeen(
  context: CommitContext,
  diff: DiffTable,
  counts: DiffCounts,
): Promise<{ readonly actions: readonly Action[]; readonly columns: ReadonlyMap<string, readonly Json[]> }> {
  const actions: Action[] = [];
  const columns = new Map<string, readonly Json[]>();
  for (const [id, seen] of counts.seen) {
    if (seen === 0) continue;
    const table = seenTable(context, id);
    if (context.open.get(id)?.stored === undefined) await createFresh(context, table);
    const delta = await createLike(context.work, table, "seen");
    await context.work.server.run(
      `INSERT INTO ${quote(STATE_DATABASE, delta)} (${diff.userKey}, _inserted, _batch)
SELECT ${diff.key}, toInt16(ins AND ${diff.marks.has("g", id)}), toUInt64(${context.batch}) FROM ${diff.name} WHERE ${diff.marks.has("m", id)}`,
      { doing: `remembering rows of table "${context.layout.definition.name}"` },
    );
    actions.push(attachOf(context, table, delta, seen));
    columns.set(id, columnsJson(keyColumns(context)));
  }
  return { actions, columns };
}

/** Columns as the journal keeps them. */
export function columnsJson(columns: readonly ColumnDefinition[]): readonly Json[] {
  return columns.map(({ name, type }) => ({ name, type: formatColumnType(type) }));
}

/** The table of what an epoch saw. */
export function seenTable(context: Pick<CommitContext, "layout" | "pipelineId">, id: string): PhysicalTable {
  const { database, definition } = context.layout;
  const key = definition.key.map((name) => quote(name)).join(", ");
  return {
    database: STATE_DATABASE,
    name: epochTable(context.pipelineId, id, tableEntryName(database, definition.name)),
    columns: [...keyColumns(context), ...SEEN_COLUMNS],
    engine: `MergeTree ORDER BY (${key})`,
    lowCardinality: new Set(),
  };
}

const SEEN_COLUMNS: readonly ColumnDefinition[] = [
  { name: "_inserted", type: { kind: "smallint" }, nullable: false },
  { name: "_batch", type: { kind: "bigint" }, nullable: false },
];

function keyColumns({ layout }: Pick<CommitContext, "layout">): readonly ColumnDefinition[] {
  const { key, columns } = layout.definition;
  return key.flatMap((name) => columns.filter((column) => column.name === name));
}

/** An attempt that died before its commit may have left a table of this name; nothing is in it. */
async function createFresh({ work }: CommitContext, table: PhysicalTable): Promise<void> {
  const list = physicalColumns(table, work.server.features).map(({ name, sql }) => `${quote(name)} ${sql}`);
  const name = quote(STATE_DATABASE, table.name);
  await work.server.run(`DROP TABLE IF EXISTS ${name}`, { doing: "preparing the epoch's table" });
  await work.server.run(`CREATE TABLE ${name} (${list.join(", ")}) ENGINE = ${table.engine}`, {
    doing: "preparing the epoch's table",
  });
}
