import type pg from "pg";
import type { z } from "zod";
import { instantSql } from "../shared/instant-sql.ts";
import type { Worker, WorkersAnswer } from "./schemas.ts";

type Leader = z.output<typeof WorkersAnswer>["leader"];

/** Workers that are registered, and who keeps the schedules. */
export async function listWorkers(pool: pg.Pool): Promise<z.output<typeof WorkersAnswer>> {
  const leaders = await pool.query<NonNullable<Leader>>(
    `SELECT host, pid, ${instantSql("since")} AS since FROM millrace_control.leaders
     WHERE name = 'scheduler' AND expires_at > clock_timestamp()`,
  );
  const leader = leaders.rows[0] ?? null;
  const { rows } = await pool.query<z.output<typeof Worker>>(WORKERS, [
    leader?.host ?? null,
    leader?.pid ?? null,
  ]);
  return { items: rows, leader };
}

const WORKERS = `
  SELECT worker.id, worker.host, worker.pid, worker.version, worker.queues, worker.labels, worker.slots,
    coalesce(busy.runs, 0)::int AS running,
    CASE WHEN worker.slots > 0 THEN least(1, coalesce(busy.runs, 0)::float8 / worker.slots) ELSE 0 END AS load,
    coalesce(busy.memory, 0)::float8 AS "memoryBytes", worker.draining,
    millrace_control.worker_is_alive(worker) AS alive,
    coalesce(worker.host = $1::text AND worker.pid = $2::integer, false) AS leader,
    ${instantSql("worker.started_at")} AS "startedAt", ${instantSql("worker.beat_at")} AS "beatAt",
    greatest(0, extract(epoch FROM clock_timestamp() - worker.beat_at) * 1000)::float8 AS "beatAgeMs",
    ${instantSql("worker.expires_at")} AS "expiresAt"
  FROM millrace_control.workers AS worker LEFT JOIN LATERAL (
    SELECT count(*) AS runs, sum(peak_memory_bytes) AS memory FROM millrace_control.runs AS run
    WHERE run.status = 'running' AND run.worker = worker.id
  ) AS busy ON true
  ORDER BY worker.host, worker.started_at, worker.id LIMIT 1000`;
