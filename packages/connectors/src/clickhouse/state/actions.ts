import { MillraceError } from "@millrace/core";
import { isUnknownTable } from "./journal.ts";
import type { ClickHouseServer } from "../server/clickhouse-server.ts";
import { quote, quoteText } from "../server/quote.ts";
import type { WorkArea } from "../stage/work-area.ts";
import { createViewSql } from "../define/layout.ts";
import { NEXT_SUFFIX, parseWorkTable, STATE_DATABASE } from "./names.ts";

/**
 * What a commit does after its entry in the journal is written: each step moves a table of the attempt's own to where its
 * rows belong, and can be done again. `what` names that table (see `WorkArea.named`); where it is gone, the step was done.
 */
export type Action =
  /** Its rows come to those of the table; all have `batch` in column `_batch`. */
  | {
      readonly do: "attach";
      readonly what: string;
      readonly database: string;
      readonly table: string;
      readonly rows: number;
      readonly batch: string;
    }
  /** Its rows take the place of the partition's. */
  | {
      readonly do: "replace";
      readonly what: string;
      readonly database: string;
      readonly table: string;
      readonly partition: string;
    }
  /** It takes the place of the table or view, or is the first of that name. */
  | { readonly do: "swap"; readonly what: string; readonly database: string; readonly table: string }
  /** The view shows these columns of the live rows. */
  | {
      readonly do: "view";
      readonly database: string;
      readonly name: string;
      readonly rows: string;
      readonly columns: readonly string[];
    }
  /** The partition's rows go. */
  | { readonly do: "forget"; readonly database: string; readonly table: string; readonly partition: string }
  /** A table of Millrace's own goes. */
  | { readonly do: "drop"; readonly table: string };

/** Carries the steps out in their order. */
export async function carryOut(
  work: WorkArea,
  actions: readonly Action[],
  after?: (action: Action) => void,
): Promise<void> {
  for (const action of actions) {
    await carryOutOne(work, action);
    after?.(action);
  }
}

async function carryOutOne(work: WorkArea, action: Action): Promise<void> {
  const { server } = work;
  switch (action.do) {
    case "attach":
      return attach(work, action);
    case "replace":
      return replacePartition(work, action);
    case "swap":
      return swap(work, action);
    case "view":
      return ensureView(work, action);
    case "forget":
      return server.run(
        `ALTER TABLE ${quote(action.database, action.table)} DROP PARTITION ${action.partition}`,
        {
          doing: `deleting expired snapshots of table "${action.table}"`,
        },
      );
    case "drop":
      return server.run(`DROP TABLE IF EXISTS ${quote(STATE_DATABASE, action.table)}`, {
        doing: "tidying up",
      });
  }
}

/** Parts are linked into the table, not copied: readers see all of the commit's rows of a partition at once. */
async function attach(
  work: WorkArea,
  { what, database, table }: Extract<Action, { do: "attach" }>,
): Promise<void> {
  const from = work.named(what);
  const sql = `ALTER TABLE ${quote(database, table)} ATTACH PARTITION tuple() FROM ${quote(STATE_DATABASE, from)}`;
  await work.server.run(sql, { doing: `writing table "${table}"` });
  await work.drop(from);
}

async function replacePartition(work: WorkArea, action: Extract<Action, { do: "replace" }>): Promise<void> {
  const { what, database, table, partition } = action;
  const from = work.named(what);
  await work.server.run(
    `ALTER TABLE ${quote(database, table)} REPLACE PARTITION ${partition} FROM ${quote(STATE_DATABASE, from)}`,
    { doing: `replacing the rows of table "${table}"` },
  );
  await work.drop(from);
}

/**
 * The first rename fails where this attempt does not have the table any more, and then nothing is renamed. A server that
 * dies in the middle leaves the table under the name `…__millrace_next`, and `completeSwap` goes on.
 */
async function swap(
  work: WorkArea,
  { what, database, table }: Extract<Action, { do: "swap" }>,
): Promise<void> {
  const { server } = work;
  const from = quote(STATE_DATABASE, work.named(what));
  const [to, next] = [quote(database, table), quote(database, nextName(table))];
  const old = work.name("replaced");
  const renames = (await exists(server, database, table))
    ? [`${from} TO ${next}`, `${to} TO ${quote(STATE_DATABASE, old)}`, `${next} TO ${to}`]
    : [`${from} TO ${to}`];
  await server.run(`RENAME TABLE ${renames.join(", ")}`, { doing: `changing table "${table}"` });
  await work.drop(old);
}

/** Creates the view of the live rows anew where its columns are not those of the table. */
export async function ensureView(
  work: WorkArea,
  view: Omit<Extract<Action, { do: "view" }>, "do">,
): Promise<void> {
  const { server } = work;
  const { database, name, rows, columns } = view;
  const found = await columnTypes(server, database, name);
  const wanted = await columnTypes(server, database, rows);
  const same =
    columns.length === found.size && columns.every((column) => found.get(column) === wanted.get(column));
  if (same) return;
  // A server that died while a view took the place of another one left it; it holds nothing.
  await server.run(`DROP TABLE IF EXISTS ${quote(database, nextName(name))}`, {
    doing: `creating the view "${name}"`,
  });
  const what = parseWorkTable(work.name("view"))?.what ?? "";
  const own = { database: STATE_DATABASE, name: work.named(what) };
  await server.run(createViewSql({ database, name, columns }, { database, name: rows }, own), {
    doing: `creating the view "${name}"`,
  });
  await swap(work, { do: "swap", what, database, table: name });
}

async function columnTypes(
  server: ClickHouseServer,
  database: string,
  table: string,
): Promise<Map<string, string>> {
  const rows = await server.values(
    `SELECT name, type FROM system.columns WHERE database = ${quoteText(database)} AND table = ${quoteText(table)}`,
  );
  return new Map(rows.map(([name, type]) => [String(name), String(type)]));
}

/** Recovery: carries out what is left of a commit's steps, `earlier` being the tables that earlier attempts left. */
export async function completeActions(
  work: WorkArea,
  actions: readonly Action[],
  earlier: readonly { readonly name: string; readonly what: string }[],
): Promise<void> {
  const wanted = new Set(actions.flatMap((action) => ("what" in action ? [action.what] : [])));
  // All are taken over before any step is done: from then on an earlier attempt that wakes up can do none of them.
  const left = new Set<string>();
  for (const table of earlier.filter(({ what }) => wanted.has(what))) {
    await work.adopt(table);
    left.add(table.what);
  }
  for (const action of actions) await completeOne(work, action, left);
}

async function completeOne(work: WorkArea, action: Action, left: ReadonlySet<string>): Promise<void> {
  if (action.do === "swap") await completeSwap(work.server, action);
  if ("what" in action && !left.has(action.what)) return;
  if (action.do === "attach" && !(await needsAttach(work, action))) return work.drop(work.named(action.what));
  if (action.do === "forget") return ignoreUnknown(carryOutOne(work, action));
  await carryOutOne(work, action);
}

/** Whether none of the rows are there; where some are, because the server died in the middle, they are deleted. */
async function needsAttach(
  { server }: WorkArea,
  { database, table, rows, batch }: Extract<Action, { do: "attach" }>,
): Promise<boolean> {
  const count = async (): Promise<number> => {
    const [row] = await server.values(
      `SELECT count() FROM ${quote(database, table)} WHERE _batch = ${batch}`,
    );
    return Number(row?.[0] ?? 0);
  };
  const found = await count();
  if (found === 0 || found === rows) return found === 0;
  await server.run(`ALTER TABLE ${quote(database, table)} DELETE WHERE _batch = ${batch}`, {
    doing: `deleting half-written rows of table "${table}"`,
    settings: server.features.mutationsSync ? { mutations_sync: "1" } : {},
  });
  for (let round = 0; (await count()) > 0; round++) {
    if (round > 600) throw halfWritten(table);
    await server.run("SELECT sleep(0.2) FORMAT Null");
  }
  return true;
}

async function completeSwap(
  server: ClickHouseServer,
  { database, table }: Extract<Action, { do: "swap" }>,
): Promise<void> {
  const next = nextName(table);
  if (!(await exists(server, database, next))) return;
  if (await exists(server, database, table)) {
    await server.run(`DROP TABLE ${quote(database, table)}`, { doing: `changing table "${table}"` });
  }
  await server.run(`RENAME TABLE ${quote(database, next)} TO ${quote(database, table)}`, {
    doing: `changing table "${table}"`,
  });
}

/** Whether the database has a table or view of this name. */
export async function exists(server: ClickHouseServer, database: string, name: string): Promise<boolean> {
  const rows = await server.values(
    `SELECT 1 FROM system.tables WHERE database = ${quoteText(database)} AND name = ${quoteText(name)}`,
  );
  return rows.length > 0;
}

async function ignoreUnknown(done: Promise<void>): Promise<void> {
  await done.catch((error: unknown) => {
    if (!isUnknownTable(error)) throw error;
  });
}

function nextName(table: string): string {
  return `${table}${NEXT_SUFFIX}`;
}

function halfWritten(table: string): MillraceError {
  return new MillraceError(
    "MLR_DESTINATION_UNAVAILABLE",
    `half-written rows of table "${table}" are still being deleted`,
    { hint: "Look at system.mutations of the server; run again once the deletion is done." },
  );
}
