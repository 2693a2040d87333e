import { asMillraceError, type MillraceError } from "@millrace/core";
import type pg from "pg";
import { pruneErrors } from "../failures/prune-errors.ts";
import { pruneEvents } from "../events/prune-events.ts";
import { pruneNotifications } from "../notify/prune-notifications.ts";
import { pruneQuality } from "../quality/prune-quality.ts";
import { pruneMetrics } from "../telemetry/metrics/metric-history.ts";
import { pruneLogs } from "../telemetry/log/sinks/database/log-days.ts";
import { pruneCommands } from "./prune-commands.ts";
import { pruneAudit, pruneSignIns, pruneTokens } from "./prune-access.ts";
import type { PruneOptions } from "./prune-options.ts";
import { pruneRequests } from "./prune-requests.ts";
import { pruneFiles, pruneFunctionCalls, pruneRunObjects, pruneRuns } from "./prune-runs.ts";

/** How long what is recorded is kept. */
export interface Retention {
  /** What is from before this time goes. Default: the time is no reason. */
  readonly olderThan?: Date | undefined;
  /** The same of the audit log. Default: the time is no reason. */
  readonly auditOlderThan?: Date | undefined;
  /** Runs of each pipeline that stay, with what belongs to them, and results of each quality rule. Default: any number. */
  readonly keep?: number | undefined;
  /** Log lines, events, messages and commands that stay, of each so many. Default: any number. */
  readonly keepRows?: number | undefined;
  /** Only these tables. Default: all. */
  readonly tables?: readonly string[] | undefined;
  /** Only counts what would go. Default false. */
  readonly dryRun?: boolean | undefined;
  /** Ends it after the next few thousand rows. */
  readonly signal?: AbortSignal | undefined;
}

/** What pruning removed from one table. */
export interface PrunedTable {
  readonly table: string;
  readonly rows: number;
  /** Partitions of log lines that were dropped as a whole, such as `2026-11-20`; their lines are not in `rows`. */
  readonly days?: readonly string[];
  /** Why it could not be pruned, or not to the end. */
  readonly error?: MillraceError;
}

/** A table that grows. */
interface PrunableTable {
  readonly table: string;
  /** What `keep` counts: what belongs to runs, or rows as such. The audit log is kept by its own time alone. */
  readonly counts: "runs" | "rows" | "audit";
  prune(pool: pg.Pool, options: PruneOptions): Promise<Omit<PrunedTable, "table" | "error">>;
}

type PruneTable = (pool: pg.Pool, options: PruneOptions) => Promise<number>;

const rows = (table: string, counts: PrunableTable["counts"], prune: PruneTable): PrunableTable => ({
  table,
  counts,
  prune: async (pool, options) => ({ rows: await prune(pool, options) }),
});

/** All tables that grow; what depends on the runs of a pipeline goes before them. */
const TABLES: readonly PrunableTable[] = [
  {
    table: "logs",
    counts: "rows",
    prune: async (pool, options) => {
      const { days, lines } = await pruneLogs(pool, options);
      return { rows: lines, days };
    },
  },
  rows("events", "rows", pruneEvents),
  rows("notifications", "rows", pruneNotifications),
  rows("commands", "rows", pruneCommands),
  rows("audit", "audit", pruneAudit),
  rows("sessions", "rows", pruneSignIns),
  rows("api_tokens", "rows", pruneTokens),
  rows("quality_results", "runs", pruneQuality),
  rows("function_calls", "runs", pruneFunctionCalls),
  rows("run_objects", "runs", pruneRunObjects),
  rows("files", "runs", pruneFiles),
  rows("metrics", "rows", pruneMetrics),
  rows("error_runs", "rows", pruneErrors),
  rows("idempotency_keys", "rows", pruneRequests),
  rows("runs", "runs", pruneRuns),
];

/** The tables that can be pruned. */
export const PRUNABLE_TABLES: readonly string[] = TABLES.map(({ table }) => table);

/**
 * Deletes what is old or too much from the control database, table by table, in small transactions that keep nobody
 * waiting. What fails in one table keeps no other from being pruned; it is in the answer. Never rejects.
 */
export async function pruneControl(pool: pg.Pool, retention: Retention): Promise<readonly PrunedTable[]> {
  const { tables = PRUNABLE_TABLES, dryRun, signal } = retention;
  const pruned: PrunedTable[] = [];
  for (const { table, counts, prune } of TABLES.filter((each) => tables.includes(each.table))) {
    if (signal?.aborted === true) break;
    try {
      const options = { ...limitsOf(retention, counts), dryRun, signal };
      pruned.push({ table, ...(await prune(pool, options)) });
    } catch (error) {
      pruned.push({
        table,
        rows: 0,
        error: asMillraceError(error, "MLR_CONTROL_UNAVAILABLE", `pruning ${table}`),
      });
    }
  }
  return pruned;
}

function limitsOf(
  { olderThan, auditOlderThan, keep, keepRows }: Retention,
  counts: PrunableTable["counts"],
): Pick<PruneOptions, "olderThan" | "keep"> {
  if (counts === "audit") return { olderThan: auditOlderThan };
  return { olderThan, keep: counts === "runs" ? keep : keepRows };
}

/** Days and numbers of the settings as what they mean now; 0: for ever, and any number. */
export function retentionOf(
  settings: {
    readonly keepDays: number;
    readonly keepAuditDays: number;
    readonly keepRuns: number;
    readonly keepRows: number;
  },
  now: number,
): Retention {
  const { keepDays, keepAuditDays, keepRuns, keepRows } = settings;
  return {
    ...(keepAuditDays === 0 ? {} : { auditOlderThan: new Date(now - keepAuditDays * 86_400_000) }),
    ...(keepDays === 0 ? {} : { olderThan: new Date(now - keepDays * 86_400_000) }),
    ...(keepRuns === 0 ? {} : { keep: keepRuns }),
    ...(keepRows === 0 ? {} : { keepRows }),
  };
}
