import { MillraceError, type Epoch, type Json, type PipelineState, type Scope } from "@millrace/core";
import type { ClientBase } from "pg";
import type { Queryable } from "../ddl/introspect.ts";
import { quoteTable } from "../quote.ts";

interface PipelineRow {
  attempt: string;
  last_commit: string;
  run_id: string | null;
  finished: boolean;
}

interface EpochRow {
  id: string;
  stream: string;
  scope: Scope | null;
  taints: string[];
}

/** One statement, so that all of it is of one moment. */
const STATE = `
SELECT attempt, last_commit, run_id, finished,
  (SELECT coalesce(json_agg(json_build_array(slice, state) ORDER BY slice), '[]')
    FROM millrace.checkpoints c WHERE c.pipeline = p.pipeline) AS checkpoints,
  (SELECT coalesce(json_agg(json_build_object('id', id, 'stream', stream, 'scope', scope, 'taints', taints) ORDER BY id), '[]')
    FROM millrace.epochs e WHERE e.pipeline = p.pipeline) AS epochs
FROM millrace.pipelines p WHERE pipeline = $1`;

/** Whether the server process that holds the fence still has its connection. */
const LOCK = `
SELECT EXISTS (SELECT FROM pg_stat_activity a WHERE a.pid = p.backend_pid AND a.datname = current_database()
  AND coalesce(a.backend_start = p.backend_start, true)) AS busy
FROM millrace.pipelines p WHERE pipeline = $1 FOR UPDATE`;

/** What is stored of a pipeline; undefined where it never committed into this database. */
export async function pipelineState(client: Queryable, pipeline: string): Promise<PipelineState | undefined> {
  if (!(await hasState(client))) return undefined;
  const found = await client.query<PipelineRow & { checkpoints: [string, Json][]; epochs: EpochRow[] }>(
    STATE,
    [pipeline],
  );
  const row = found.rows[0];
  if (row === undefined) return undefined;
  return {
    pipeline,
    attempt: BigInt(row.attempt),
    lastCommit: BigInt(row.last_commit),
    run: row.run_id,
    finished: row.finished,
    checkpoints: new Map(row.checkpoints),
    openEpochs: row.epochs.map(({ id, stream, scope, taints }): Epoch => ({
      id,
      stream,
      taints,
      ...(scope === null ? {} : { scope }),
    })),
  };
}

/**
 * Forgets a pipeline's checkpoints and open epochs in one transaction; rows, histories and the fence stay. Fails with
 * MLR_LEASE_HELD while a run of it is connected, since that one counts on them.
 */
export async function resetPipelineState(client: ClientBase, pipeline: string): Promise<void> {
  if (!(await hasState(client))) return;
  await client.query("BEGIN");
  try {
    const { rows } = await client.query<{ busy: boolean }>(LOCK, [pipeline]);
    if (rows[0]?.busy === true) {
      throw new MillraceError("MLR_LEASE_HELD", `a run of pipeline "${pipeline}" is writing at this moment`, {
        hint: "Stop it, or wait until it has ended, then reset the state.",
      });
    }
    await client.query("DELETE FROM millrace.checkpoints WHERE pipeline = $1", [pipeline]);
    await client.query("DELETE FROM millrace.seen WHERE pipeline = $1", [pipeline]);
    const epochs = await client.query<{ side_table: string | null }>(
      "DELETE FROM millrace.epochs WHERE pipeline = $1 RETURNING side_table",
      [pipeline],
    );
    for (const { side_table: name } of epochs.rows) {
      if (name !== null)
        await client.query(`DROP TABLE IF EXISTS ${quoteTable({ namespace: "millrace", name })}`);
    }
    await client.query("COMMIT");
  } catch (error) {
    await client.query("ROLLBACK").catch(() => undefined);
    throw error;
  }
}

async function hasState(client: Queryable): Promise<boolean> {
  const { rows } = await client.query<{ there: boolean }>(
    "SELECT to_regclass('millrace.pipelines') IS NOT NULL AS there",
  );
  return rows[0]?.there === true;
}
