import { type RefusedPage, type RefusedQuery, type RefusedRow } from "@millrace/core";
import type { ClientBase } from "pg";
import { checkBrowseQuery } from "../../../shared/browse/check-query.ts";
import { introspect } from "../../ddl/introspect.ts";
import { explain } from "./browse-table.ts";
import { conditions } from "./page-sql.ts";
import { relationOf } from "./relation.ts";

interface FoundRow extends Omit<RefusedRow, "line"> {
  readonly line: string | null;
}

/** A page of refused rows that can go through their pipeline again. Fails as `Inspector.refused` says. */
export async function refusedRows(
  client: ClientBase,
  table: string,
  query: RefusedQuery,
): Promise<RefusedPage> {
  const { pipeline, exceptRun, filters, after, limit } = query;
  try {
    const relation = await relationOf(client, table, "quarantine");
    if (relation === undefined) return { rows: [], more: false, quarantine: { name: table, namespace: "" } };
    const { place, columns, from } = relation;
    const names = columns.map(({ name }) => name);
    checkBrowseQuery(table, names, { of: "quarantine", filters, limit });
    const there = (await introspect(client, place))?.columns.map(({ name }) => name) ?? [];
    // A quarantine of an earlier version has no row that can be sent again.
    if (!there.includes("id") || !there.includes("origin"))
      return { rows: [], more: false, quarantine: place };
    const values: (string | number | null)[] = [pipeline, exceptRun, after ?? null, limit + 1];
    const wanted = conditions(columns, filters, values);
    const { rows } = await client.query<FoundRow>(
      `SELECT t.id::text, t."row"::text AS "row", t.origin::text, t.file, t.line::text FROM ${from}
       WHERE t.id IS NOT NULL AND t.origin ->> 'pipeline' = $1 AND t.run_id IS DISTINCT FROM $2::uuid
         AND ($3::uuid IS NULL OR t.id > $3::uuid)${wanted.map((each) => ` AND (${each})`).join("")}
       ORDER BY t.id LIMIT $4::int8`,
      values,
    );
    return {
      rows: rows
        .slice(0, limit)
        .map((row) => ({ ...row, line: row.line === null ? null : Number(row.line) })),
      more: rows.length > limit,
      quarantine: place,
    };
  } catch (error) {
    throw explain(error, table);
  }
}
