import type { Grant } from "../exposure/grant.ts";
import { compileFilter } from "../filter/compile-filter.ts";
import { InlineValues } from "../filter/inline-values.ts";
import type { Queryable } from "../rows/queryable.ts";
import { quoteName, quotePlace } from "../schema/quote.ts";

/** What marks a view as one of these, so that no other is ever dropped. */
const MARK = "Made by `millrace data views`: what the data API shows.";

/**
 * Makes a schema with a view of each exposed table, as a role sees it, and drops those of before. Runs in a transaction of the
 * caller. Fails as the database does, such as where something else depends on a view of before.
 */
export async function makeViews(
  client: Queryable,
  schema: string,
  grants: readonly Grant[],
): Promise<readonly string[]> {
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${quoteName(schema)}`);
  const { rows } = await client.query<{ name: string }>(
    `SELECT c.relname AS name FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relkind = 'v' AND obj_description(c.oid, 'pg_class') = $2`,
    [schema, MARK],
  );
  for (const { name } of rows)
    await client.query(`DROP VIEW ${quotePlace({ namespace: schema, table: name })}`);
  for (const grant of grants) {
    const view = quotePlace({ namespace: schema, table: grant.exposure.name });
    await client.query(`CREATE VIEW ${view} WITH (security_barrier) AS ${viewSql(grant)}`);
    await client.query(`COMMENT ON VIEW ${view} IS '${MARK}'`);
  }
  return grants.map(({ exposure }) => `${schema}.${exposure.name}`);
}

function viewSql({ shape, columns, rows }: Grant): string {
  const names = [...columns.keys()].map((name) => `t.${quoteName(name)}`).join(", ");
  const where =
    rows === null
      ? ""
      : ` WHERE ${compileFilter(rows, { alias: "t", columns: shape.columns, parameters: new InlineValues() })}`;
  return `SELECT ${names} FROM ${quotePlace(shape)} t${where}`;
}
