import type pg from "pg";
import type { z } from "zod";
import { positionOfDetails, positionOfStack } from "../shared/error-position.ts";
import { instantSql } from "../shared/instant-sql.ts";
import { noRun } from "../shared/known-run.ts";
import { RUN_FIELDS, RUNS } from "../shared/run-item-sql.ts";
import { tablesOf } from "./parts.ts";
import type { RunDetail, RunItem } from "./schemas.ts";

type Detail = z.output<typeof RunDetail>;
type Fields = Readonly<Record<string, z.core.util.JSONType>>;

/** A row of `DETAIL`. */
interface DetailRow {
  readonly run: z.output<typeof RunItem>;
  readonly own: Pick<
    Detail,
    "availableAt" | "updatedAt" | "attempt" | "progress" | "checkpoint" | "queue" | "priority"
  > &
    Pick<
      Detail,
      "labels" | "pools" | "timeoutMs" | "memoryLimitBytes" | "pid" | "exitCode" | "signal" | "ending"
    > &
    Pick<Detail, "peakMemoryBytes" | "cpuMs" | "exceptions">;
  readonly counts: Parameters<typeof tablesOf>[0];
  readonly withheld: Readonly<Record<string, string[]>>;
  readonly options: Fields;
  readonly error: Fields | null;
  readonly lastException: { readonly message?: string; readonly stack?: string } | null;
  readonly links: Pick<Detail, "continues" | "continuedBy" | "parents" | "children">;
}

/** All that is kept of a run. Fails with MLR_RUN_NOT_FOUND. */
export async function runDetail(pool: pg.Pool, id: string): Promise<Detail> {
  const { rows } = await pool.query<{ detail: DetailRow }>(DETAIL, [id]);
  if (rows[0] === undefined) throw noRun(id);
  const { run, own, counts, withheld, options, error, lastException, links } = rows[0].detail;
  const { params, ...others } = options;
  return {
    ...run,
    ...own,
    ...links,
    error: error === null ? null : errorOf(error),
    tables: tablesOf(counts),
    withheld: Object.entries(withheld).map(([table, reasons]) => ({ table, reasons })),
    params: Array.isArray(params) ? params.map(String) : [],
    options: others,
    lastException:
      lastException === null
        ? null
        : {
            message: lastException.message ?? "",
            stack: lastException.stack ?? null,
            position: positionOfStack(lastException.stack),
          },
  };
}

/** An error as a record has it; what is missing was written by an older version. */
function errorOf(error: Fields): NonNullable<Detail["error"]> {
  const { code, message, hint, retry } = error;
  const details = typeof error["details"] === "object" && error["details"] !== null ? error["details"] : {};
  const fields = Array.isArray(details) ? {} : details;
  return {
    code: typeof code === "string" ? code : "MLR_INTERNAL",
    message: typeof message === "string" ? message : "",
    hint: typeof hint === "string" ? hint : null,
    retry: retry === "never" || retry === "later" ? retry : null,
    details: fields,
    position: positionOfDetails(fields),
  };
}

const LINK = `json_build_object('id', other.id, 'pipeline', other.pipeline, 'status', other.status,
  'startedAt', ${instantSql("other.started_at")})`;
const linksTo = (condition: string): string => `coalesce((SELECT json_agg(link) FROM (SELECT ${LINK} AS link
  FROM millrace_control.runs AS other WHERE ${condition} ORDER BY other.id DESC LIMIT 100) AS links), '[]'::json)`;

/** How long a backfill that is not its turn yet makes a run wait. */
const NEVER = "'9999-01-01T00:00:00Z'::timestamptz";

const DETAIL = `
  SELECT json_build_object(
    'run', (SELECT row_to_json(item) FROM (SELECT ${RUN_FIELDS}) AS item),
    'own', (SELECT row_to_json(item) FROM (SELECT
      ${instantSql(`CASE WHEN run.available_at < ${NEVER} THEN run.available_at END`)} AS "availableAt",
      ${instantSql("run.updated_at")} AS "updatedAt", run.attempt::text AS attempt, run.progress, run.checkpoint, run.queue,
      run.priority, run.labels, run.pools, nullif(run.timeout_seconds, 0)::bigint * 1000 AS "timeoutMs",
      run.memory_mb::bigint * 1048576 AS "memoryLimitBytes", run.pid, run.exit_code AS "exitCode", run.signal, run.ending,
      run.peak_memory_bytes AS "peakMemoryBytes", run.cpu_ms AS "cpuMs", run.exceptions) AS item),
    'counts', run.counts, 'withheld', run.withheld, 'options', run.options, 'error', run.error,
    'lastException', run.last_exception,
    'links', json_build_object(
      'continues', (SELECT ${LINK} FROM millrace_control.runs AS other WHERE other.id = run.continues),
      'continuedBy', ${linksTo("other.continues = run.id")},
      'parents', ${linksTo("other.id = ANY (run.parent_runs)")},
      'children', ${linksTo("other.parent_runs @> ARRAY[run.id]")})) AS detail
  FROM ${RUNS} WHERE run.id = $1`;
