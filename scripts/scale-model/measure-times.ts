import { enqueue } from "@millrace/orchestrator";
import { openControl } from "@millrace/platform";
import { startTestPostgres } from "@millrace/platform/testing";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServiceTimes } from "./simulate.ts";

const RUNS = 2_000;
const LIMITS = {
  queue: "default",
  priority: 0,
  labels: [],
  pools: [],
  timeoutSeconds: 0,
  memoryMb: 512,
  attempts: 3,
  disableAfter: 0,
};
const WORKER = "00000000-0000-7000-8000-000000000001";
/** From a claim to a pipeline's first line, with warm processes: docs/reference/metrics.md tells it for a running platform. */
const START_MS = 30;

/** Measures what the control database needs for one of each, on a PostgreSQL of its own and this machine. */
export async function measureTimes(): Promise<ServiceTimes> {
  const server = await startTestPostgres();
  const control = await openControl(await server.createDatabase(), {
    fallbackDirectory: join(tmpdir(), "millrace-scale"),
  });
  const { pool } = control;
  const each = async (count: number, work: () => Promise<unknown>): Promise<number> => {
    const started = performance.now();
    await work();
    return (performance.now() - started) / count;
  };
  try {
    const runs = Array.from({ length: RUNS }, (_, i) => ({
      pipeline: `p${i}`,
      trigger: "manual" as const,
      limits: LIMITS,
    }));
    const enqueueMs = await each(RUNS, async () => {
      for (let i = 0; i < RUNS; i += 100) await enqueue(pool, runs.slice(i, i + 100));
    });
    await pool.query(
      `INSERT INTO millrace_control.workers (id, host, pid, version, queues, labels, slots, lock_key, expires_at)
       VALUES ($1, 'model', 0, '', '{default}', '{}', 1, 1, clock_timestamp() + interval '1 hour')`,
      [WORKER],
    );
    const count = 300;
    const claimMs = await each(count, async () => {
      for (let i = 0; i < count; i += 1)
        await pool.query("SELECT millrace_control.claim_runs($1, 1)", [WORKER]);
    });
    const { rows } = await pool.query<{ id: string; pipeline: string }>(
      "SELECT id, pipeline FROM millrace_control.runs WHERE status = 'running'",
    );
    const heartbeatMs = await each(rows.length, async () => {
      for (const { pipeline } of rows) {
        await pool.query(
          "UPDATE millrace_control.leases SET beat_at = clock_timestamp() WHERE pipeline = $1",
          [pipeline],
        );
      }
    });
    const endMs = await each(rows.length, async () => {
      for (const { id, pipeline } of rows) {
        await pool.query("DELETE FROM millrace_control.leases WHERE pipeline = $1", [pipeline]);
        await pool.query(
          "UPDATE millrace_control.runs SET status = 'succeeded', finished_at = clock_timestamp() WHERE id = $1",
          [id],
        );
      }
    });
    return { enqueueMs, claimMs, endMs, heartbeatMs, startMs: START_MS };
  } finally {
    await control.close();
    await server.stop();
  }
}
