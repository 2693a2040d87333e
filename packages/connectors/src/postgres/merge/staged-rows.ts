import type { ColumnType } from "@millrace/core";
import { quoteIdentifier } from "../quote.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";
import type { TableSql } from "../sql/table-sql.ts";
import type { StagingTable } from "../stage/staging-table.ts";

/** Blocks of the staging table (8 KB each) whose prefixes are read at a time. */
const BLOCKS = 2_048;
/** Rows that are looked up, more or less, to guess what most of them are. */
const SAMPLED_ROWS = 1_000;

/** First eight bytes of the hashes of the staged rows, many at a time. */
export async function* stagedPrefixes(context: SessionContext, stage: StagingTable): AsyncGenerator<Buffer> {
  const { rows } = await runSql<{ blocks: string }>(
    context,
    "reading staged rows",
    "SELECT pg_relation_size($1::regclass) / current_setting('block_size')::int8 AS blocks",
    [stage.name],
  );
  for (let from = 0; from < Number(rows[0]?.blocks ?? 0); from += BLOCKS) {
    const part = await runSql<{ prefixes: Buffer | null }>(
      context,
      "reading staged rows",
      `SELECT string_agg(substring(_row_hash FROM 1 FOR 8), ''::bytea) AS prefixes FROM ${stage.name}
       WHERE ctid >= '(${from},0)'::tid AND ctid < '(${from + BLOCKS},0)'::tid`,
    );
    const prefixes = part.rows[0]?.prefixes;
    if (prefixes !== null && prefixes !== undefined) yield prefixes;
  }
}

/** Of some of the staged rows: how many there are, how many keys the table holds, and how many rows just as they are. */
export interface Sample {
  readonly rows: number;
  readonly known: number;
  readonly unchanged: number;
}

/** Looks some of the staged rows up, which are sent first; undefined where none is found. */
export async function sampleStaged(
  context: SessionContext,
  sql: TableSql,
  stage: StagingTable,
): Promise<Sample | undefined> {
  if (stage.rows === 0) return undefined;
  await stage.flush();
  const percent = Math.min(100, (100 * SAMPLED_ROWS) / stage.rows);
  // One look-up by key per row: a plain join of the two would read the whole table.
  const { rows } = await runSql<{ rows: string; known: string; unchanged: string }>(
    context,
    `comparing with table "${sql.table.name}"`,
    `SELECT count(*) AS rows, count(l.hash) AS known, count(*) FILTER (WHERE l.hash = s._row_hash) AS unchanged
     FROM ${stage.name} AS s TABLESAMPLE SYSTEM (${percent})
     LEFT JOIN LATERAL (SELECT t._row_hash AS hash FROM ${sql.target} AS t WHERE ${sql.keysEqual("t", "s")} LIMIT 1) AS l ON true`,
  );
  const [found] = rows;
  return (
    found && { rows: Number(found.rows), known: Number(found.known), unchanged: Number(found.unchanged) }
  );
}

/** First eight bytes of the hashes that the table holds under the keys of staged rows, from an ordinal on. */
export async function livePrefixes(
  context: SessionContext,
  sql: TableSql,
  { stage, from }: { readonly stage: StagingTable; readonly from: number },
): Promise<Buffer> {
  const { rows } = await runSql<{ prefixes: Buffer | null }>(
    context,
    `finding duplicate keys for table "${sql.table.name}"`,
    `SELECT string_agg(substring(t._row_hash FROM 1 FOR 8), ''::bytea) AS prefixes
     FROM ${stage.name} AS s JOIN ${sql.target} AS t ON ${sql.keysEqual("t", "s")} WHERE s._ordinal >= $1`,
    [from],
  );
  return rows[0]?.prefixes ?? Buffer.alloc(0);
}

/** True where each staged key lies behind all keys of the table, as those of rows that are added over time mostly do. */
export async function liesBehind(
  context: SessionContext,
  sql: TableSql,
  stage: StagingTable,
): Promise<boolean> {
  const [name] = sql.table.key;
  const kind = sql.table.columns.find((column) => column.name === name)?.type.kind;
  if (sql.table.key.length !== 1 || name === undefined || kind === undefined || !hasMaximum(kind))
    return false;
  const key = quoteIdentifier(name);
  const { rows } = await runSql<{ behind: boolean | null }>(
    context,
    `comparing with table "${sql.table.name}"`,
    `SELECT (SELECT min(${key}) FROM ${stage.name}) > (SELECT max(${key}) FROM ${sql.target}) AS behind`,
  );
  return rows[0]?.behind === true;
}

/** PostgreSQL 15 knows no largest boolean, uuid or bytea. */
function hasMaximum(kind: ColumnType["kind"]): boolean {
  return !["boolean", "uuid", "bytea", "json", "array"].includes(kind);
}
