import {
  MillraceError,
  nearest,
  type ColumnDefinition,
  type Database,
  type DatabaseTable,
} from "@millrace/core";
import type { ResolvedDatabaseOptions } from "./options.ts";

/** What is known of a reading before its first row. */
export interface ReadPlan {
  readonly stream: string;
  /** Columns that identify a row; empty where none are known. */
  readonly key: readonly string[];
  /** The key is the table's primary key: no two rows share it, and none lacks it. */
  readonly keyIsSure: boolean;
  /** Names of columns that are never null. */
  readonly required: ReadonlySet<string>;
  /** Undefined where the database does not tell before it is read. */
  readonly columns: readonly ColumnDefinition[] | undefined;
  /** What is read, for messages. */
  readonly where: string;
}

/** Looks at the table, as far as the database can tell. Fails with MLR_SOURCE_NOT_FOUND or MLR_ARGUMENT_INVALID. */
export async function planReading(database: Database, options: ResolvedDatabaseOptions): Promise<ReadPlan> {
  const { table, namespace } = options;
  const where =
    table === undefined ? `a query on ${database.location}` : `table "${table}" of ${database.location}`;
  const described = table === undefined ? undefined : await describe(database, { table, namespace, where });
  const key = options.key ?? described?.key ?? [];
  refuseMistyped(options, { key, columns: described?.columns, where });
  return {
    stream: options.stream ?? table ?? "query",
    key,
    keyIsSure: described !== undefined && key.length > 0 && sameNames(key, described.key),
    required: requiredOf(described?.columns ?? []),
    columns: described?.columns,
    where,
  };
}

function requiredOf(columns: readonly ColumnDefinition[]): ReadonlySet<string> {
  return new Set(columns.filter(({ nullable }) => nullable === false).map(({ name }) => name));
}

/** The columns that the options name have to be among those that are read. */
function refuseMistyped(
  options: ResolvedDatabaseOptions,
  of: {
    readonly key: readonly string[];
    readonly columns: readonly ColumnDefinition[] | undefined;
    readonly where: string;
  },
): void {
  const { where } = of;
  const all = of.columns?.map(({ name }) => name);
  if (all !== undefined) refuseUnknown(options.columns ?? [], { option: "columns", known: all, where });
  const known = options.columns ?? all;
  if (known === undefined) return;
  const cursor = options.cursor === undefined ? [] : [options.cursor.column];
  refuseUnknown(of.key, { option: "key", known, where });
  refuseUnknown(cursor, { option: "cursor.column", known, where });
}

async function describe(
  database: Database,
  of: { readonly table: string; readonly namespace: string | undefined; readonly where: string },
): Promise<DatabaseTable | undefined> {
  if (database.describe === undefined) return undefined;
  const described = await database.describe(of.table, of.namespace);
  if (described !== undefined) return described;
  throw new MillraceError("MLR_SOURCE_NOT_FOUND", `${of.where} does not exist, or the user may not see it`, {
    hint: "Check its name (upper and lower case count) and the option namespace.",
  });
}

function refuseUnknown(
  names: readonly string[],
  of: { readonly option: string; readonly known: readonly string[]; readonly where: string },
): void {
  for (const name of names) {
    if (of.known.includes(name)) continue;
    const guess = nearest(name, of.known);
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `database(): option "${of.option}": ${of.where} gives no column "${name}"`,
      { hint: guess === undefined ? `Its columns: ${of.known.join(", ")}.` : `Did you mean "${guess}"?` },
    );
  }
}

function sameNames(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((name) => b.includes(name));
}
