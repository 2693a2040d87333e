import { MillraceError } from "@millrace/core";
import type pg from "pg";
import type { z } from "zod";
import { badCursor } from "../shared/bad-cursor.ts";
import { instantSql } from "../shared/instant-sql.ts";
import { pageOfRows } from "../shared/page-of-rows.ts";
import { cursorInstantSql, timeCursor, timeCursorSql } from "../shared/time-cursor.ts";
import { Where } from "../shared/where.ts";
import type {
  QualityPage,
  QualityQuery,
  QualityResult,
  QualityResultsPage,
  QualityResultsQuery,
  QualityRule,
} from "./schemas.ts";

type RuleRow = z.output<typeof QualityRule>;

/** A page of rules with their latest results, by table, pipeline and name. */
export async function listQuality(
  pool: pg.Pool,
  { limit, after, pipeline, table, status, points }: z.output<typeof QualityQuery>,
): Promise<z.output<typeof QualityPage>> {
  const begin = ruleCursor(after);
  const { rows } = await pool.query<RuleRow>(RULES, [
    table ?? null,
    pipeline ?? null,
    status ?? null,
    points,
    limit + 1,
    ...(begin ?? [null, null, null]),
  ]);
  return pageOfRows(
    rows.map((row) => ({ ...row, cursor: cursorOf(row) })),
    limit,
  );
}

/** A page of the results of one rule, newest first. */
export async function listResults(
  pool: pg.Pool,
  { pipeline, table, rule, limit, after }: z.output<typeof QualityResultsQuery>,
): Promise<z.output<typeof QualityResultsPage>> {
  const where = new Where();
  where.add("table_name = ?", table);
  where.add("pipeline = ?", pipeline);
  where.add("rule = ?", rule);
  const cursor = timeCursor(after, /^\d{1,18}$/);
  if (cursor !== undefined) {
    const at = cursorInstantSql(where.value(cursor.micros));
    where.always(`(at, id) < (${at}, ${where.value(cursor.id)}::bigint)`);
  }
  const { rows } = await pool.query<z.output<typeof QualityResult> & { cursor: string }>(
    `SELECT ${instantSql("at")} AS at, run, status, observed, failures::float8 AS failures, severity, landed, expected,
       checked::float8 AS checked, samples, reason, ${timeCursorSql("at", "id")} AS cursor
     FROM millrace_control.quality_results WHERE ${where.sql} ORDER BY at DESC, id DESC LIMIT ${where.value(limit + 1)}`,
    where.values,
  );
  if (rows.length === 0 && after === undefined) throw noRule({ pipeline, table, rule });
  return pageOfRows(rows, limit);
}

function noRule(details: Record<string, string>): MillraceError {
  return new MillraceError("MLR_ROUTE_NOT_FOUND", "There are no results of such a rule", {
    hint: "GET /api/v1/quality lists the rules.",
    details,
  });
}

function cursorOf({ table, pipeline, rule }: RuleRow): string {
  return Buffer.from(JSON.stringify([table, pipeline, rule])).toString("base64url");
}

function ruleCursor(after: string | undefined): readonly string[] | undefined {
  if (after === undefined) return undefined;
  try {
    const names: unknown = JSON.parse(Buffer.from(after, "base64url").toString("utf8"));
    const sound = (name: unknown): name is string => typeof name === "string" && !name.includes("\0");
    if (Array.isArray(names) && names.length === 3 && names.every(sound)) return names;
  } catch {
    // What is no JSON is no cursor.
  }
  throw badCursor(after);
}

/** One look into the index for each rule, however long its series is. */
const RULES = `
  WITH RECURSIVE rules AS (
    (SELECT table_name, pipeline, rule FROM millrace_control.quality_results
     WHERE ($1::text IS NULL OR table_name = $1)
       AND ($6::text IS NULL OR (table_name, pipeline, rule) > ($6, $7::text, $8::text))
     ORDER BY table_name, pipeline, rule LIMIT 1)
    UNION ALL
    SELECT next.* FROM rules, LATERAL (
      SELECT table_name, pipeline, rule FROM millrace_control.quality_results AS r
      WHERE (r.table_name, r.pipeline, r.rule) > (rules.table_name, rules.pipeline, rules.rule)
        AND ($1::text IS NULL OR r.table_name = $1)
      ORDER BY table_name, pipeline, rule LIMIT 1) AS next
  ), latest AS (
    SELECT last.* FROM rules, LATERAL (
      SELECT * FROM millrace_control.quality_results AS r
      WHERE r.table_name = rules.table_name AND r.pipeline = rules.pipeline AND r.rule = rules.rule
      ORDER BY at DESC, id DESC LIMIT 1) AS last
    WHERE ($2::text IS NULL OR rules.pipeline = $2) AND ($3::text IS NULL OR last.status = $3)
    ORDER BY last.table_name, last.pipeline, last.rule LIMIT $5
  )
  SELECT latest.pipeline, latest.table_name AS table, latest.rule, latest.kind, latest.severity, latest.expected, latest.status,
    ${instantSql("latest.at")} AS at, latest.run, latest.observed, latest.failures::float8 AS failures, latest.reason, (
      SELECT coalesce(jsonb_agg(jsonb_build_object('at', ${instantSql("point.at")}, 'run', point.run, 'status', point.status,
        'observed', point.observed, 'failures', point.failures) ORDER BY point.at DESC, point.id DESC), '[]')
      FROM (
        SELECT at, id, run, status, observed, failures FROM millrace_control.quality_results AS r
        WHERE r.table_name = latest.table_name AND r.pipeline = latest.pipeline AND r.rule = latest.rule
        ORDER BY at DESC, id DESC LIMIT $4) AS point
    ) AS series
  FROM latest ORDER BY latest.table_name, latest.pipeline, latest.rule`;
