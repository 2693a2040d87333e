import type { Schedule } from "@millrace/core";
import type { z } from "zod";
import type { ApiContext } from "../../server/api-context.ts";
import { instantSql } from "../shared/instant-sql.ts";
import { PIPELINE_STATE } from "../shared/pipeline-state-sql.ts";
import { totalCounts } from "../shared/total-counts.ts";
import { LAST_RUN, PIPELINE_FIELDS } from "./item-sql.ts";
import { noPipeline } from "./known-pipeline.ts";
import { scheduleFields } from "./schedule-fields.ts";
import type { PipelineDetail, PipelineItem } from "./schemas.ts";

type Detail = z.output<typeof PipelineDetail>;
type Own =
  | "file"
  | "codeChangedAt"
  | "definition"
  | "lastDueAt"
  | "params"
  | "paramsSchema"
  | "parentRule"
  | "children";

/** A row of `DETAIL`. */
interface DetailRow {
  readonly item: Omit<z.output<typeof PipelineItem>, "schedule" | "nextRunAt">;
  readonly own: Pick<Detail, Own | "registeredAt" | "updatedAt" | "retiredAt">;
  readonly limits: Limits;
  readonly schedule: Schedule | null;
  readonly runs: readonly { readonly id: string; readonly at: string; readonly counts: Counts }[];
}

type Counts = Parameters<typeof totalCounts>[0];

/** As the registry has them; what is missing was registered by an older version. */
interface Limits {
  readonly queue?: string;
  readonly priority?: number;
  readonly labels?: string[];
  readonly pools?: string[];
  readonly timeoutSeconds?: number;
  readonly memoryMb?: number;
  readonly attempts?: number;
  readonly disableAfter?: number;
}

/** Fires that are told. */
const FIRES = 10;
/** Runs whose tables are told: a pipeline may write other ones each time. */
const RUNS = 30;

/** All that is known of a pipeline. Fails with MLR_PIPELINE_NOT_FOUND. */
export async function pipelineDetail(
  context: Pick<ApiContext, "pool" | "operations" | "clock">,
  name: string,
): Promise<Detail> {
  const { rows } = await context.pool.query<{ detail: DetailRow }>(DETAIL, [name]);
  if (rows[0] === undefined) throw noPipeline(name);
  const { item, own, limits, schedule, runs } = rows[0].detail;
  return {
    ...item,
    ...scheduleFields(context, schedule, item.state),
    ...own,
    scheduleDefinition: schedule === null ? null : { ...plain(schedule) },
    nextFires: schedule === null || item.state !== "enabled" ? [] : firesOf(context, schedule),
    limits: limitsOf(limits),
    tables: tablesOf(runs),
  };
}

function plain(schedule: Schedule): NonNullable<Detail["scheduleDefinition"]> {
  const { catchUp, blackouts, ...others } = schedule;
  return { ...others, catchUp: { ...catchUp }, blackouts: blackouts.map((each) => ({ ...each })) };
}

function firesOf(
  { operations, clock }: Pick<ApiContext, "operations" | "clock">,
  schedule: Schedule,
): string[] {
  return [...operations.nextFires(schedule, { count: FIRES, after: new Date(clock.now()) })];
}

function limitsOf(limits: Limits): Detail["limits"] {
  const { queue = "default", priority = 0, labels = [], pools = [], attempts = 3 } = limits;
  const { timeoutSeconds = 0, memoryMb = 2048, disableAfter = 0 } = limits;
  return {
    ...{ queue, priority, labels, pools, attempts },
    timeoutMs: timeoutSeconds === 0 ? null : timeoutSeconds * 1_000,
    memoryLimitBytes: memoryMb * 1_048_576,
    disableAfter: disableAfter === 0 ? null : disableAfter,
  };
}

/** Each table with what the last run that wrote it did. @param runs newest first */
function tablesOf(runs: DetailRow["runs"]): Detail["tables"] {
  const tables = new Map<string, Detail["tables"][number]>();
  for (const { id, at, counts } of runs) {
    for (const [table, counted] of Object.entries(counts)) {
      if (!tables.has(table)) tables.set(table, { table, ...totalCounts({ table: counted }), run: id, at });
    }
  }
  return [...tables.values()].toSorted((a, b) => (a.table < b.table ? -1 : 1));
}

const DETAIL = `
  SELECT json_build_object(
    'item', (SELECT row_to_json(item) FROM (SELECT ${PIPELINE_FIELDS}) AS item),
    'own', (SELECT row_to_json(item) FROM (SELECT known.file, known.definition, known.params,
      known.params_schema AS "paramsSchema", known.parent_rule AS "parentRule",
      (SELECT ${instantSql("min(seen_at)")} FROM millrace_control.pipeline_versions AS version
        WHERE version.pipeline = known.name AND version.code_version = known.code_version) AS "codeChangedAt",
      ${instantSql("known.last_due_at")} AS "lastDueAt", ${instantSql("known.registered_at")} AS "registeredAt",
      ${instantSql("known.updated_at")} AS "updatedAt", ${instantSql("known.retired_at")} AS "retiredAt",
      (SELECT coalesce(json_agg(child.name ORDER BY child.name), '[]') FROM millrace_control.pipelines AS child
        WHERE child.retired_at IS NULL AND known.name = ANY (child.parents)) AS children) AS item),
    'state', ${PIPELINE_STATE}, 'limits', known.limits, 'schedule', known.schedule,
    'runs', (SELECT coalesce(json_agg(row_to_json(run) ORDER BY run.id DESC), '[]') FROM (
      SELECT run.id, ${instantSql("coalesce(run.finished_at, run.updated_at)")} AS at, run.counts
      FROM millrace_control.runs AS run WHERE run.pipeline = known.name AND run.status <> 'queued'
      ORDER BY run.id DESC LIMIT ${RUNS}) AS run)) AS detail
  FROM millrace_control.pipelines AS known ${LAST_RUN} WHERE known.name = $1`;
