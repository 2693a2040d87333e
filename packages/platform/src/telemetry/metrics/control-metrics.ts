import type pg from "pg";
import { CONTROL_METRICS, controlValues } from "./control-values.ts";
import type { Metrics } from "./metrics.ts";
import { sourceSilences } from "./source-silences.ts";

/** Values that are younger are not asked for again, however often somebody scrapes. */
const FRESH_MS = 2_000;

export interface WatchControl {
  readonly pool: pg.Pool;
  /** Whether this process is the one that tells of all of them: queues, workers, events. Default: it never is. */
  readonly leads?: () => boolean;
}

/** Tells of the control database, and where this process leads, of what is in it. Returns what ends it. */
export function watchControl(metrics: Metrics, { pool, leads = () => false }: WatchControl): () => void {
  let asking: Promise<void> | undefined;
  let asked = -Infinity;
  return metrics.onCollect(() => {
    tellPool(metrics, pool);
    if (!leads()) clearAll(metrics);
    if (asking === undefined && performance.now() - asked >= FRESH_MS) {
      asking = ask(metrics, pool, leads).finally(() => {
        asked = performance.now();
        asking = undefined;
      });
    }
    return asking;
  });
}

function tellPool(metrics: Metrics, pool: pg.Pool): void {
  const connections = {
    busy: pool.totalCount - pool.idleCount,
    idle: pool.idleCount,
    waiting: pool.waitingCount,
  };
  for (const [status, count] of Object.entries(connections)) {
    metrics.set("millrace_database_connections", count, { status });
  }
}

async function ask(metrics: Metrics, pool: pg.Pool, leads: () => boolean): Promise<void> {
  // Until it answers, it does not.
  const late = setTimeout(() => metrics.set("millrace_database_up", 0), 1_500);
  try {
    if (leads()) await askAll(metrics, pool);
    else await pool.query("SELECT 1");
    metrics.set("millrace_database_up", 1);
  } catch {
    metrics.set("millrace_database_up", 0);
    clearAll(metrics);
  } finally {
    clearTimeout(late);
  }
}

async function askAll(metrics: Metrics, pool: pg.Pool): Promise<void> {
  const [values, silences] = await Promise.all([controlValues(pool), sourceSilences(pool)]);
  clearAll(metrics);
  for (const { pipeline, kind, seconds } of silences) {
    metrics.set("millrace_source_silence_seconds", seconds, { pipeline, status: kind });
  }
  for (const { name, labels, value } of values) metrics.set(name, value, labels);
}

/** So that none is told that is not known any more. */
function clearAll(metrics: Metrics): void {
  for (const name of CONTROL_METRICS) metrics.clear(name);
  metrics.clear("millrace_source_silence_seconds");
}
