import type { SchemaChange } from "@millrace/core";
import type pg from "pg";
import type { z } from "zod";
import { badCursor } from "../shared/bad-cursor.ts";
import { describeChange } from "./changes.ts";
import type { SchemaDrift } from "./schemas.ts";

type Drift = z.infer<typeof SchemaDrift>;

/** Changes of tables, newest first. An event with several of them is never torn apart. */
export async function schemaDrift(
  pool: pg.Pool,
  {
    pipeline,
    limit,
    after,
  }: { readonly pipeline?: string | undefined; readonly limit: number; readonly after?: string | undefined },
): Promise<Drift> {
  if (after !== undefined && !/^\d{1,18}$/.test(after)) throw badCursor(after);
  const { rows } = await pool.query<Row>(DRIFT, [pipeline ?? null, after ?? null, limit + 1]);
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.flatMap(({ id, at, group, run, data, ...row }) =>
      (data.changes ?? []).map((change, place) => ({
        id: `${id}.${place}`,
        at: at.toISOString(),
        pipeline: row.pipeline,
        group,
        run,
        table: change.table,
        change: describeChange(change),
      })),
    ),
    ...(rows.length > limit && last !== undefined ? { next: last.id } : {}),
  };
}

interface Row {
  readonly id: string;
  readonly at: Date;
  readonly pipeline: string;
  readonly group: string | null;
  readonly run: string | null;
  readonly data: { readonly changes?: readonly SchemaChange[] };
}

const DRIFT = `
  SELECT id, at, pipeline, "group", run, data FROM millrace_control.events
  WHERE type = 'schema.changed' AND pipeline IS NOT NULL AND ($1::text IS NULL OR pipeline = $1)
    AND ($2::bigint IS NULL OR id < $2) ORDER BY id DESC LIMIT $3`;
