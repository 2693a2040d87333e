import { MillraceError } from "@millrace/core";
import { createLike, whatOf } from "../modes/delta.ts";
import type { Place } from "../modes/commit-context.ts";
import { quote, quoteText } from "../server/quote.ts";
import { exists, type Action } from "../state/actions.ts";
import { STATE_DATABASE } from "../state/names.ts";
import { rewriteRows } from "../stage/rewrite-rows.ts";
import type { WorkArea } from "../stage/work-area.ts";
import { sameColumns } from "./evolve.ts";
import {
  createTableSql,
  createViewSql,
  physicalColumns,
  type PhysicalTable,
  type TableLayout,
} from "./layout.ts";

/** Where a table's rows are to be read now, and what remains to be done once the commit is written down. */
export interface PreparedSchema {
  readonly main: Place;
  readonly history?: Place;
  readonly actions: readonly Action[];
}

/** What changes of a table. */
export interface SchemaWork {
  readonly work: WorkArea;
  readonly layout: TableLayout;
  /** As it is stored; absent: it is new. */
  readonly before?: TableLayout | undefined;
  /** Some columns have other types than before. */
  readonly widened: boolean;
  readonly batchBytes: number;
}

/**
 * Makes a table what the commit needs. New tables and new columns are there before the commit: nobody can see rows in
 * them. Where types change, the rows are written anew beside the table, which takes its place after the commit.
 */
export async function prepareSchema(schema: SchemaWork): Promise<PreparedSchema> {
  const { layout, before } = schema;
  const places: Omit<PreparedSchema, "actions"> = {
    main: { database: layout.database, table: layout.main.name },
    ...(layout.history === undefined
      ? {}
      : { history: { database: layout.database, table: layout.history.name } }),
  };
  if (before === undefined) {
    await createAll(schema);
    return { ...places, actions: [] };
  }
  if (sameColumns(before.main.columns, layout.main.columns)) return { ...places, actions: [] };
  if (schema.widened) return rebuildAll(schema, before);
  await addColumns(schema.work, layout.main);
  if (layout.history !== undefined) await addColumns(schema.work, layout.history);
  return { ...places, actions: viewAction(layout) };
}

/** The step that brings the view in line with its table. */
function viewAction({ view, main }: TableLayout): Extract<Action, { do: "view" }>[] {
  if (view === undefined) return [];
  return [{ do: "view", database: view.database, name: view.name, rows: main.name, columns: view.columns }];
}

/** Names of the tables and the view that a table consists of. */
function objectsOf({ main, history, view }: TableLayout): string[] {
  return [view?.name, main.name, history?.name].flatMap((name) => (name === undefined ? [] : [name]));
}

/** Fails where somebody else has a table of one of the names. */
export async function checkNames(work: WorkArea, layout: TableLayout): Promise<void> {
  for (const name of objectsOf(layout)) {
    if (!(await exists(work.server, layout.database, name))) continue;
    throw new MillraceError(
      "MLR_SCHEMA_MISMATCH",
      `table "${name}" exists in database "${layout.database}" of ClickHouse and is not written by Millrace`,
      {
        hint: "Choose another name, or rename the table that is there.",
        details: { table: layout.definition.name },
      },
    );
  }
}

async function createAll({ work, layout }: SchemaWork): Promise<void> {
  const { server } = work;
  const doing = `creating table "${layout.definition.name}"`;
  await server.run(`CREATE DATABASE IF NOT EXISTS ${quote(layout.database)}`, { doing });
  // An attempt that died before its commit may have left them; nothing is in them.
  for (const name of objectsOf(layout)) {
    await server.run(`DROP TABLE IF EXISTS ${quote(layout.database, name)}`, { doing });
  }
  await server.run(createTableSql(layout.main, server.features), { doing });
  if (layout.history !== undefined)
    await server.run(createTableSql(layout.history, server.features), { doing });
  if (layout.view !== undefined) await server.run(createViewSql(layout.view, layout.main), { doing });
}

async function addColumns({ server }: WorkArea, table: PhysicalTable): Promise<void> {
  const found = await server.values(
    `SELECT name FROM system.columns WHERE database = ${quoteText(table.database)} AND table = ${quoteText(table.name)}`,
  );
  const known = new Set(found.map(([name]) => String(name)));
  const missing = physicalColumns(table, server.features).filter(({ name }) => !known.has(name));
  if (missing.length === 0) return;
  const list = missing.map(({ name, sql }) => `ADD COLUMN ${quote(name)} ${sql}`).join(", ");
  await server.run(`ALTER TABLE ${quote(table.database, table.name)} ${list}`, {
    doing: `adding columns to table "${table.name}"`,
  });
}

async function rebuildAll(schema: SchemaWork, before: TableLayout): Promise<PreparedSchema> {
  const { layout } = schema;
  const main = await rebuild(schema, before.main, layout.main);
  if (layout.history === undefined || before.history === undefined)
    return { main: main.place, actions: [main.action, ...viewAction(layout)] };
  const history = await rebuild(schema, before.history, layout.history);
  return {
    main: main.place,
    history: history.place,
    actions: [main.action, history.action, ...viewAction(layout)],
  };
}

async function rebuild(
  { work, batchBytes }: SchemaWork,
  from: PhysicalTable,
  to: PhysicalTable,
): Promise<{ readonly place: Place; readonly action: Action }> {
  const table = await createLike(work, to, "rebuilt");
  await rewriteRows(work.server, {
    from: { database: from.database, table: from.name, columns: from.columns },
    to: { database: STATE_DATABASE, table, columns: to.columns },
    batchBytes,
  });
  return {
    place: { database: STATE_DATABASE, table },
    action: { do: "swap", what: whatOf(table), database: to.database, table: to.name },
  };
}
