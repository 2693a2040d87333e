import type { RunLimits } from "@millrace/core";
import type pg from "pg";
import { enqueue } from "../queue/enqueue.ts";

interface ReadyChild {
  readonly name: string;
  readonly group_name: string | null;
  readonly limits: RunLimits;
  readonly code_version: string | null;
  readonly parents: readonly string[];
  readonly runs: readonly string[];
}

/**
 * Queues a run of every pipeline whose parents have all run since it last followed them. Any process may do so at any time:
 * of one set of parents' runs there is one run. Returns how many were queued.
 */
export async function followParents(pool: pg.Pool): Promise<number> {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const { rows } = await client.query<ReadyChild>(READY);
    let queued = 0;
    for (const child of rows) {
      const ids = await enqueue(client, [
        {
          pipeline: child.name,
          group: child.group_name ?? undefined,
          trigger: "parents",
          parentRuns: child.runs,
          limits: child.limits,
          codeVersion: child.code_version ?? undefined,
        },
      ]);
      queued += ids.length;
      await client.query(MARK, [child.name, child.parents, child.runs]);
    }
    await client.query("COMMIT");
    client.release();
    return queued;
  } catch (error) {
    client.release(true);
    throw error;
  }
}

/** The child's row is locked, so that two parents that finish at once do not both start it. */
const READY = `
  WITH child AS MATERIALIZED (
    SELECT * FROM millrace_control.pipelines
    WHERE cardinality(parents) > 0 AND retired_at IS NULL AND paused_at IS NULL AND coalesce(enabled, declared_enabled)
    FOR UPDATE SKIP LOCKED
  )
  SELECT child.name, child.group_name, child.limits, child.code_version, child.parents,
    array_agg(latest.id ORDER BY place) AS runs
  FROM child CROSS JOIN LATERAL unnest(child.parents) WITH ORDINALITY AS each_parent (parent, place)
    CROSS JOIN LATERAL (
      SELECT run.id FROM millrace_control.runs AS run
      WHERE run.pipeline = parent AND run.partition = '' AND run.finished_at > child.registered_at
        AND (run.status = 'succeeded' OR (child.parent_rule = 'finished' AND run.status IN ('failed', 'died')))
        AND NOT EXISTS (
          SELECT FROM millrace_control.parent_marks AS mark
          WHERE mark.pipeline = child.name AND mark.parent = each_parent.parent AND mark.run >= run.id)
      ORDER BY run.id DESC LIMIT 1
    ) AS latest
  GROUP BY child.name, child.group_name, child.limits, child.code_version, child.parents
  HAVING count(*) = cardinality(child.parents)`;

const MARK = `
  INSERT INTO millrace_control.parent_marks (pipeline, parent, run)
  SELECT $1, parent, run FROM unnest($2::text[], $3::uuid[]) AS followed (parent, run)
  ON CONFLICT (pipeline, parent) DO UPDATE SET run = excluded.run`;
