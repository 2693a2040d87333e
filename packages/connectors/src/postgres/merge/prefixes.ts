import { to as copyTo } from "pg-copy-streams";
import type { Row } from "@millrace/core";
import { runSql, type SessionContext } from "../session/session-context.ts";
import type { TableSql } from "../sql/table-sql.ts";

/** Blocks of a table (8 KB each) whose prefixes are read at a time: some 200,000 rows of 80 bytes. */
const BLOCKS = 2_048;
/** First bytes of a binary COPY: signature, flags, length of the extension. */
const HEADER_BYTES = 19;
/** A tuple of one field of eight bytes: number of fields, length, bytes. */
const TUPLE_BYTES = 14;

/**
 * Reads the first eight bytes of the row hashes of a table's own rows (of a scope, where there is one), many at a time.
 * @param range only those whose first byte is in it, both ends included.
 */
export async function* hashPrefixes(
  context: SessionContext,
  sql: TableSql,
  where: Row | undefined,
  range?: { readonly from: number; readonly to: number },
): AsyncGenerator<Buffer> {
  const condition = [sql.within("t", where), ...(range === undefined ? [] : [inRange(range)])].join(" AND ");
  // A scope may have an index; a whole table is best read block by block, as few large values.
  if (where === undefined) yield* byBlocks(context, sql, condition);
  else yield* byCopy(context, sql, condition);
}

/** How many rows the table has, as the planner would guess. */
export async function estimatedRows(context: SessionContext, sql: TableSql): Promise<number> {
  const { rows } = await runSql<{ tuples: number; pages: number; now: string; width: number }>(
    context,
    looking(sql),
    `SELECT reltuples AS tuples, relpages AS pages, pg_relation_size(oid) / current_setting('block_size')::int8 AS now,
       (SELECT coalesce(sum(CASE WHEN attlen > 0 THEN attlen ELSE 24 END), 0)::int FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0) AS width
     FROM pg_class AS c WHERE oid = $1::regclass`,
    [sql.target],
  );
  const [found] = rows;
  if (found === undefined) return 0;
  const pages = Number(found.now);
  if (found.tuples > 0 && found.pages > 0) return Math.ceil((found.tuples / found.pages) * pages);
  return Math.ceil((pages * 8_192) / (found.width + 28));
}

async function* byBlocks(context: SessionContext, sql: TableSql, condition: string): AsyncGenerator<Buffer> {
  const { rows } = await runSql<{ blocks: string }>(
    context,
    looking(sql),
    "SELECT pg_relation_size($1::regclass) / current_setting('block_size')::int8 AS blocks",
    [sql.target],
  );
  const blocks = Number(rows[0]?.blocks ?? 0);
  const read = async (from: number): Promise<Buffer | null> => {
    const answer = await runSql<{ prefixes: Buffer | null }>(
      context,
      looking(sql),
      `SELECT string_agg(substring(t._row_hash FROM 1 FOR 8), ''::bytea) AS prefixes FROM ${sql.target} AS t
       WHERE t.ctid >= '(${from},0)'::tid AND t.ctid < '(${from + BLOCKS},0)'::tid AND ${condition}`,
    );
    return answer.rows[0]?.prefixes ?? null;
  };
  let next = blocks > 0 ? read(0) : undefined;
  try {
    for (let from = BLOCKS; next !== undefined; from += BLOCKS) {
      const prefixes = await next;
      // The server reads on while these are looked at.
      next = from < blocks ? read(from) : undefined;
      if (prefixes !== null) yield prefixes;
    }
  } finally {
    await next?.catch(() => undefined);
  }
}

async function* byCopy(context: SessionContext, sql: TableSql, condition: string): AsyncGenerator<Buffer> {
  await context.lane.finish();
  const statement = `COPY (SELECT substring(t._row_hash FROM 1 FOR 8) FROM ${sql.target} AS t WHERE ${condition}) TO STDOUT (FORMAT binary)`;
  let rest: Buffer = Buffer.alloc(0);
  let skip = HEADER_BYTES;
  try {
    for await (const chunk of context.connection.client.query(copyTo(statement))) {
      const bytes = rest.length === 0 ? (chunk as Buffer) : Buffer.concat([rest, chunk as Buffer]);
      const tuples = Math.max(0, Math.floor((bytes.length - skip) / TUPLE_BYTES));
      if (tuples === 0) {
        rest = bytes;
        continue;
      }
      const prefixes = Buffer.allocUnsafe(tuples * 8);
      for (let i = 0; i < tuples; i++)
        bytes.copy(prefixes, i * 8, skip + i * TUPLE_BYTES + 6, skip + (i + 1) * TUPLE_BYTES);
      rest = bytes.subarray(skip + tuples * TUPLE_BYTES);
      skip = 0;
      yield prefixes;
    }
  } catch (error) {
    throw context.connection.error(error, looking(sql));
  }
}

/** The first byte alone tells enough: hashes are spread evenly. */
function inRange({ from, to }: { readonly from: number; readonly to: number }): string {
  return `get_byte(t._row_hash, 0) BETWEEN ${from} AND ${to}`;
}

function looking(sql: TableSql): string {
  return `comparing with table "${sql.table.name}"`;
}
