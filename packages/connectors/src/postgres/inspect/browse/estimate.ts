import type { Queryable } from "../../ddl/introspect.ts";
import { quoteTable } from "../../quote.ts";
import type { Relation } from "./relation.ts";

/** Rows that are counted one by one. */
const COUNTED = 10_000;

const STATISTICS = `
SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::float8 AS rows, bool_or(c.reltuples < 0) AS unknown
FROM (SELECT $1::regclass AS relid UNION SELECT relid FROM pg_catalog.pg_partition_tree($1::regclass)) AS part
JOIN pg_catalog.pg_class AS c ON c.oid = part.relid WHERE c.relkind <> 'p'`;

/** Rows of a relation without filters: counted where they are few, otherwise as the server's statistics have it; undefined where it has none. */
export async function estimateRows(
  client: Queryable,
  { place, where, from }: Relation,
): Promise<number | undefined> {
  const statistics = await client.query<{ rows: number; unknown: boolean }>(STATISTICS, [quoteTable(place)]);
  const { rows = 0, unknown = false } = statistics.rows[0] ?? {};
  if (rows > 2 * COUNTED) return where === undefined ? Math.round(rows) : undefined;
  const condition = where === undefined ? "" : ` WHERE ${where}`;
  const counted = await client.query<{ rows: number }>(
    `SELECT count(*)::int4 AS rows FROM (SELECT FROM ${from}${condition} LIMIT ${COUNTED + 1}) AS few`,
  );
  const exact = counted.rows[0]?.rows ?? 0;
  if (exact <= COUNTED) return exact;
  return unknown || where !== undefined ? undefined : Math.round(rows);
}
