import type pg from "pg";
import type { z } from "zod";
import { instantSql } from "../shared/instant-sql.ts";
import { refreshBands } from "./bands.ts";
import type { Volume } from "./schemas.ts";

type VolumeAnswer = z.infer<typeof Volume>;

/** Which tables, and how many of their runs. */
export interface VolumeQuery {
  readonly pipeline?: string | undefined;
  readonly table?: string | undefined;
  readonly limit: number;
  readonly points: number;
}

/** Tables whose bands are computed before an answer; those of others come with later ones. */
const AT_ONCE = 25;

/** What the last runs did to tables and what is usual, those that are outside first. */
export async function volume(pool: pg.Pool, query: VolumeQuery, now: number): Promise<VolumeAnswer> {
  const { pipeline, table } = query;
  await refreshBands(pool, {
    most: AT_ONCE,
    ...(pipeline === undefined ? {} : { only: { pipeline, table } }),
  });
  const { rows: chosen } = await pool.query<Chosen>(CHOSEN, [pipeline ?? null, table ?? null, query.limit]);
  const { rows } = await pool.query<ItemRow>(ITEMS, [
    chosen.map((each) => each.pipeline),
    chosen.map((each) => each.table_name),
    query.points,
  ]);
  return {
    at: new Date(now).toISOString(),
    tables: chosen[0]?.tables ?? 0,
    outside: chosen[0]?.outside_tables ?? 0,
    items: rows.map((row, place) => ({
      pipeline: row.pipeline,
      table: row.table_name,
      outside: chosen[place]?.outside ?? false,
      points: row.points,
      bands: row.bands,
    })),
  };
}

interface Chosen {
  readonly pipeline: string;
  readonly table_name: string;
  readonly outside: boolean;
  readonly tables: number;
  readonly outside_tables: number;
}

interface ItemRow {
  readonly pipeline: string;
  readonly table_name: string;
  readonly points: VolumeAnswer["items"][number]["points"];
  readonly bands: VolumeAnswer["items"][number]["bands"];
}

const MEASURES = ["inserted", "updated", "removed"] as const;

/** Whether a measure of `volume` is beyond its `band`. */
function beyond(measure: string): string {
  return `coalesce(volume.${measure} < band.${measure}[2] OR volume.${measure} > band.${measure}[3], false)`;
}

const WEEKDAY = "extract(isodow FROM volume.at AT TIME ZONE 'UTC')::smallint";

const CHOSEN = `
  WITH latest AS (
    SELECT known.pipeline, known.table_name, volume.at, (${MEASURES.map(beyond).join(" OR ")}) AS outside
    FROM millrace_control.collected_tables AS known
      JOIN millrace_control.pipelines AS owner ON owner.name = known.pipeline AND owner.retired_at IS NULL
      CROSS JOIN LATERAL (
        SELECT at, inserted, updated, removed FROM millrace_control.run_volumes AS volume
        WHERE volume.pipeline = known.pipeline AND volume.table_name = known.table_name AND partition = '' AND succeeded
        ORDER BY at DESC LIMIT 1
      ) AS volume
      LEFT JOIN millrace_control.volume_bands AS band
        ON band.pipeline = known.pipeline AND band.table_name = known.table_name AND band.weekday = ${WEEKDAY}
    WHERE ($1::text IS NULL OR known.pipeline = $1) AND ($2::text IS NULL OR known.table_name = $2)
  )
  SELECT pipeline, table_name, outside, count(*) OVER ()::int AS tables,
    count(*) FILTER (WHERE outside) OVER ()::int AS outside_tables
  FROM latest ORDER BY outside DESC, at DESC, pipeline, table_name LIMIT $3`;

function bandJson(measure: string): string {
  return `'${measure}', json_build_object('median', band.${measure}[1], 'low', band.${measure}[2], 'high', band.${measure}[3])`;
}

const ITEMS = `
  SELECT given.pipeline, given.table_name, coalesce(point.points, '[]') AS points, coalesce(band.bands, '[]') AS bands
  FROM unnest($1::text[], $2::text[]) WITH ORDINALITY AS given (pipeline, table_name, place)
    CROSS JOIN LATERAL (
      SELECT json_agg(json_build_object('run', volume.run, 'at', ${instantSql("volume.at")}, 'weekday', ${WEEKDAY},
        'inserted', volume.inserted, 'updated', volume.updated, 'removed', volume.removed,
        'outside', array_remove(ARRAY[${MEASURES.map((each) => `CASE WHEN ${beyond(each)} THEN '${each}' END`).join(", ")}], NULL))
        ORDER BY volume.at, volume.run) AS points
      FROM (
        SELECT run, at, inserted, updated, removed FROM millrace_control.run_volumes AS each
        WHERE each.pipeline = given.pipeline AND each.table_name = given.table_name AND partition = '' AND succeeded
        ORDER BY at DESC LIMIT $3
      ) AS volume LEFT JOIN millrace_control.volume_bands AS band
        ON band.pipeline = given.pipeline AND band.table_name = given.table_name AND band.weekday = ${WEEKDAY}
    ) AS point
    CROSS JOIN LATERAL (
      SELECT json_agg(json_build_object('weekday', band.weekday, 'runs', band.runs, ${MEASURES.map(bandJson).join(", ")})
        ORDER BY band.weekday) AS bands
      FROM millrace_control.volume_bands AS band
      WHERE band.pipeline = given.pipeline AND band.table_name = given.table_name AND band.weekday > 0
    ) AS band
  ORDER BY given.place`;
