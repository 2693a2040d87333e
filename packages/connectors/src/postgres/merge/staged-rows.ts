import { runSql, type SessionContext } from "../session/session-context.ts";
import type { TableSql } from "../sql/table-sql.ts";
import type { StagingTable } from "../stage/staging-table.ts";

/** Blocks of the staging table (8 KB each) whose prefixes are read at a time. */
const BLOCKS = 2_048;
/** Rows that are looked at to guess how many are unchanged. */
const SAMPLED_ROWS = 500;

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

/** Share of the rows staged last that the table holds as they are; undefined where none is staged. */
export async function shareUnchanged(
  context: SessionContext,
  sql: TableSql,
  stage: StagingTable,
): Promise<number | undefined> {
  if (stage.rows === 0) return undefined;
  await stage.flush();
  const { rows } = await runSql<{ same: string; all: string }>(
    context,
    `comparing with table "${sql.table.name}"`,
    `SELECT count(t._row_hash) AS same, count(*) AS all
     FROM (SELECT * FROM ${stage.name} ORDER BY _ordinal DESC LIMIT ${SAMPLED_ROWS}) AS s
     LEFT JOIN ${sql.target} AS t ON ${sql.keysEqual("t", "s")} AND t._row_hash = s._row_hash`,
  );
  return Number(rows[0]?.same ?? 0) / Math.max(1, Number(rows[0]?.all ?? 0));
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
