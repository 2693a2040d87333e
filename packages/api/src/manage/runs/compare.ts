import type pg from "pg";
import type { z } from "zod";
import { noRun } from "../shared/known-run.ts";
import { RUN_FIELDS, RUNS } from "../shared/run-item-sql.ts";
import { type Compared, runChanges } from "./changes.ts";
import { tablesOf } from "./parts.ts";
import type { RunComparison } from "./schemas.ts";

type Comparison = z.output<typeof RunComparison>;

/** A run beside the last one before it that succeeded. Fails with MLR_RUN_NOT_FOUND. */
export async function compareRun(pool: pg.Pool, id: string): Promise<Comparison> {
  const [run] = await compared(pool, "run.id = $1", [id]);
  if (run === undefined) throw noRun(id);
  const { pipeline, partition } = run.item;
  const [previous] = await compared(
    pool,
    `run.id = (SELECT id FROM millrace_control.runs WHERE pipeline = $2 AND partition = $3 AND status = 'succeeded'
       AND id < $1 ORDER BY id DESC LIMIT 1)`,
    [id, pipeline, partition ?? ""],
  );
  return {
    run: run.item,
    previous: previous?.item ?? null,
    runsBetween: await runsBetween(pool, run, previous),
    durationMs: differenceOf(run, previous, ({ item }) => item.durationMs),
    waitMs: differenceOf(run, previous, ({ item }) => item.waitMs),
    peakMemoryBytes: differenceOf(run, previous, ({ peakMemoryBytes }) => peakMemoryBytes),
    cpuMs: differenceOf(run, previous, ({ cpuMs }) => cpuMs),
    tables: tablesBeside(run, previous),
    changes: previous === undefined ? [] : await runChanges(pool, run, previous),
  };
}

async function compared(pool: pg.Pool, condition: string, values: readonly unknown[]): Promise<Compared[]> {
  const { rows } = await pool.query<{ run: Compared }>(`${COMPARED} WHERE ${condition}`, [...values]);
  return rows.map(({ run }) => run);
}

const COMPARED = `SELECT json_build_object('item', (SELECT row_to_json(item) FROM (SELECT ${RUN_FIELDS}) AS item),
  'counts', run.counts, 'options', run.options, 'peakMemoryBytes', run.peak_memory_bytes, 'cpuMs', run.cpu_ms) AS run
  FROM ${RUNS}`;

async function runsBetween(
  pool: pg.Pool,
  { item }: Compared,
  previous: Compared | undefined,
): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM (SELECT FROM millrace_control.runs
       WHERE pipeline = $1 AND partition = $2 AND id < $3 AND ($4::uuid IS NULL OR id > $4)
         AND status IN ('failed', 'died', 'stopped', 'cancelled') LIMIT 1000) AS counted`,
    [item.pipeline, item.partition ?? "", item.id, previous?.item.id ?? null],
  );
  return rows[0]?.count ?? 0;
}

function differenceOf(
  run: Compared,
  previous: Compared | undefined,
  value: (of: Compared) => number | null,
): { now: number | null; before: number | null } {
  return { now: value(run), before: previous === undefined ? null : value(previous) };
}

function tablesBeside(run: Compared, previous: Compared | undefined): Comparison["tables"] {
  const now = countsByTable(run);
  const before = previous === undefined ? new Map<string, never>() : countsByTable(previous);
  return [...new Set([...now.keys(), ...before.keys()])].map((table) => ({
    table,
    now: now.get(table) ?? null,
    before: before.get(table) ?? null,
  }));
}

function countsByTable({ counts }: Compared): Map<string, NonNullable<Comparison["tables"][number]["now"]>> {
  return new Map(tablesOf(counts).map(({ table, ...counted }) => [table, counted]));
}
