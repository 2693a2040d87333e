import {
  canonicalText,
  MillraceError,
  type ColumnDefinition,
  type FieldChange,
  type Json,
  type Row,
  type RowChange,
  type RunMoment,
  type RunPair,
} from "@millrace/core";
import type { ClientBase } from "pg";
import type { DecodedColumn } from "../codec/copy-decoder.ts";
import { introspect, type TableDescription } from "../ddl/introspect.ts";
import { historyName } from "../ddl/names.ts";
import { sqlType } from "../ddl/sql-type.ts";
import { quoteIdentifier, quoteLiteral, quoteTable } from "../quote.ts";
import { jsonValue } from "./json-value.ts";
import { readRows } from "./read-rows.ts";
import { findStoredTable, type StoredTable } from "./stored-table.ts";

/** Names of the query's columns: whether there is a row, then its values, before and after. */
const BEFORE = "b";
const AFTER = "a";

/**
 * What changed in all rows of a table from the end of one run to the end of another, by key: read as a stream. Fails as
 * `findStoredTable`, with MLR_ARGUMENT_INVALID for a table that keeps no old versions, and with MLR_RUN_NOT_FOUND.
 */
export async function* tableChanges(
  client: ClientBase,
  name: string,
  { from, to }: RunPair,
): AsyncGenerator<RowChange> {
  const table = await findStoredTable(client, name);
  if (table.mode !== "merge") {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `table "${table.name}" is in mode ${table.mode}, which keeps no old versions of rows`,
      { hint: "Runs can be compared of tables that are merged into." },
    );
  }
  const place = { namespace: table.namespace, name: historyName(table.name) };
  const history = await introspect(client, place);
  const moments = [
    await momentOf(client, { table, history }, from),
    await momentOf(client, { table, history }, to),
  ];
  const [first, second] = moments.toSorted((a, b) => (BigInt(a) < BigInt(b) ? -1 : 1)) as [string, string];
  const backwards = first !== moments[0];
  const compare = compileCompare(table.columns, backwards);
  const columns = [BEFORE, AFTER].flatMap((side): DecodedColumn[] => [
    { name: side, type: { kind: "boolean" } },
    ...table.columns.map(({ name: column, type }) => ({ name: side + column, type })),
  ]);
  for await (const rows of readRows(client, changesQuery({ table, history }, first, second), columns)) {
    for (const row of rows) {
      const change = compare(row, table.key);
      if (change !== undefined) yield change;
    }
  }
}

interface Versioned {
  readonly table: StoredTable;
  /** Undefined where there is none yet. */
  readonly history: TableDescription | undefined;
}

/** Versions that ended between the two times beside those that began between them, by key. Times are µs since 1970. */
function changesQuery(of: Versioned, from: string, to: string): string {
  const { table } = of;
  const [first, last] = [timeLiteral(from), timeLiteral(to)];
  const versions = versionsQuery(of);
  const names = table.columns.map(({ name }) => quoteIdentifier(name));
  const key = table.key.map(quoteIdentifier);
  const values = (alias: string): string =>
    [`${alias}._millrace_from IS NOT NULL`, ...names.map((name) => `${alias}.${name}`)].join(", ");
  return `WITH versions AS (${versions}),
    old AS (SELECT * FROM versions WHERE _millrace_from <= ${first} AND _millrace_to > ${first} AND _millrace_to <= ${last}),
    new AS (SELECT * FROM versions WHERE _millrace_from > ${first} AND _millrace_from <= ${last} AND (_millrace_to IS NULL OR _millrace_to > ${last}))
    SELECT ${values("old")}, ${values("new")} FROM old FULL JOIN new ON ${key.map((name) => `old.${name} = new.${name}`).join(" AND ")}
    ORDER BY ${key.map((name) => `coalesce(old.${name}, new.${name})`).join(", ")}`;
}

/** Every version of every row with the time from which to which it was the current one. */
function versionsQuery({ table, history }: Versioned): string {
  const names = table.columns.map(({ name }) => quoteIdentifier(name)).join(", ");
  const live = `SELECT ${names}, _loaded_at AS _millrace_from, NULL::timestamptz AS _millrace_to FROM ${quoteTable(table)}`;
  if (history === undefined) return live;
  const kept = new Set(history.columns.map(({ name }) => name));
  const old = table.columns.map(({ name, type }) =>
    kept.has(name) ? quoteIdentifier(name) : `NULL::${sqlType(type)}`,
  );
  return `${live} UNION ALL SELECT ${old.join(", ")}, _loaded_at, _archived_at FROM ${quoteTable(history)}`;
}

/** When the run changed the table last, otherwise when it ended, in µs since 1970: no time zone can come between. */
async function momentOf(
  client: ClientBase,
  { table, history }: Versioned,
  moment: RunMoment,
): Promise<string> {
  const run = `${quoteLiteral(moment.run)}::uuid`;
  const sources = [`SELECT max(_loaded_at) AS at FROM ${quoteTable(table)} WHERE _run_id = ${run}`];
  if (history !== undefined) {
    const old = quoteTable(history);
    sources.push(
      `SELECT max(_loaded_at) FROM ${old} WHERE _run_id = ${run}`,
      `SELECT max(_archived_at) FROM ${old} WHERE _archived_run = ${run}`,
    );
  }
  const { rows } = await client.query<{ at: string | null }>(
    `SELECT (extract(epoch FROM max(at)) * 1000000)::int8::text AS at FROM (${sources.join(" UNION ALL ")}) AS traces`,
  );
  const at = rows[0]?.at ?? null;
  if (at !== null) return at;
  const ended = moment.endedAt === undefined ? Number.NaN : Date.parse(moment.endedAt);
  if (!Number.isNaN(ended)) return String(ended * 1000);
  throw new MillraceError(
    "MLR_RUN_NOT_FOUND",
    `run ${moment.run} changed nothing in table "${table.name}", and when it ended is not known`,
    { hint: "`millrace runs` lists the runs; give one of the pipeline that writes the table." },
  );
}

function timeLiteral(micros: string): string {
  return `((timestamp '1970-01-01' + interval '${micros} microseconds') AT TIME ZONE 'UTC')`;
}

type Compare = (row: Row, key: readonly string[]) => RowChange | undefined;

/** Makes a change of a row of the query; undefined where both versions are the same. */
function compileCompare(columns: readonly ColumnDefinition[], backwards: boolean): Compare {
  const [before, after] = backwards ? [AFTER, BEFORE] : [BEFORE, AFTER];
  const fields = columns.map(({ name, type, unordered }) => {
    const text = canonicalText(type, unordered);
    return {
      name,
      same: (a: unknown, b: unknown): boolean =>
        a === null || b === null ? a === b : Object.is(a, b) || text(a) === text(b),
      json: (value: unknown): Json => jsonValue(type, value),
    };
  });
  return (row, key) => {
    const changed: Record<string, FieldChange> = {};
    const id: Record<string, Json> = {};
    for (const { name, same, json } of fields) {
      const [a, b] = [row[before + name] ?? null, row[after + name] ?? null];
      if (key.includes(name)) id[name] = json(a ?? b);
      if (!same(a, b)) changed[name] = { before: json(a), after: json(b) };
    }
    if (Object.keys(changed).length === 0) return undefined;
    const operation = row[before] !== true ? "insert" : row[after] !== true ? "remove" : "update";
    return { key: id, operation, fields: changed };
  };
}
