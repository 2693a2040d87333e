import type { CommitResult, Cut, Json } from "@millrace/core";
import { runSql, type SessionContext } from "../session/session-context.ts";
import type { EpochRecord } from "../session/table-work.ts";

/** What a commit leaves in schema `millrace`. */
export interface CommitRecord {
  readonly cut: Cut;
  readonly result: CommitResult;
  /** Epochs that stay open, as they are now. */
  readonly open: readonly EpochRecord[];
  /** Ids of those that are over. */
  readonly over: readonly string[];
  /** Checkpoints and epochs of before are forgotten first (`--full`). */
  readonly forget: boolean;
}

const WHAT = "recording the commit";

/** Brings state, checkpoints and epochs up to date in place: nothing is added that was there before. */
export async function recordCommit(context: SessionContext, record: CommitRecord): Promise<void> {
  if (record.forget) await forgetState(context);
  await writePipeline(context, record);
  await writeEpochs(context, record);
}

/** Deletes checkpoints, epochs and what they saw. Side tables are dropped by whoever knows the tables. */
async function forgetState(context: SessionContext): Promise<void> {
  const { pipeline } = context;
  await runSql(
    context,
    WHAT,
    `WITH c AS (DELETE FROM millrace.checkpoints WHERE pipeline = $1), s AS (DELETE FROM millrace.seen WHERE pipeline = $1)
     DELETE FROM millrace.epochs WHERE pipeline = $1`,
    [pipeline],
  );
}

async function writePipeline(context: SessionContext, { cut, result }: CommitRecord): Promise<void> {
  const checkpoints = [...cut.checkpoints].map(([slice, state]) => ({ slice, state: JSON.stringify(state) }));
  const last: Json = {
    tables: result.tables as unknown as Json,
    totals: result.totals as unknown as Json,
    withheld: result.withheld,
  };
  const values = [
    context.pipeline,
    String(cut.id),
    context.run,
    cut.final,
    JSON.stringify(result.totals),
    JSON.stringify(last),
  ];
  const update = `UPDATE millrace.pipelines SET last_commit = $2, run_id = $3, finished = $4, counts = $5, last_result = $6, updated_at = now()
    WHERE pipeline = $1`;
  if (checkpoints.length === 0) {
    await runSql(context, WHAT, { name: "record_commit", text: update }, values);
    return;
  }
  await runSql(
    context,
    WHAT,
    {
      name: "record_commit_checkpoints",
      text: `WITH p AS (${update})
        INSERT INTO millrace.checkpoints AS c (pipeline, slice, state)
        SELECT $1, u.slice, u.state::json FROM unnest($7::text[], $8::text[]) AS u (slice, state)
        ON CONFLICT (pipeline, slice) DO UPDATE SET state = excluded.state`,
    },
    [...values, checkpoints.map(({ slice }) => slice), checkpoints.map(({ state }) => state)],
  );
}

async function writeEpochs(context: SessionContext, { open, over }: CommitRecord): Promise<void> {
  const { pipeline, storedEpochs } = context;
  const gone = over.filter((id) => storedEpochs.has(id));
  if (gone.length > 0) {
    await runSql(
      context,
      WHAT,
      `WITH s AS (DELETE FROM millrace.seen WHERE pipeline = $1 AND epoch = ANY($2::text[]))
       DELETE FROM millrace.epochs WHERE pipeline = $1 AND id = ANY($2::text[])`,
      [pipeline, gone],
    );
  }
  if (open.length === 0) return;
  const rows = open.map((epoch) => ({
    id: epoch.id,
    stream: epoch.stream,
    table_name: epoch.table,
    scope: epoch.scope ?? null,
    taints: [...epoch.taints],
    rows_seen: epoch.rowsSeen,
    rows_inserted: epoch.rowsInserted,
    side_table: epoch.sideTable ?? null,
  }));
  await runSql(
    context,
    WHAT,
    {
      name: "record_epochs",
      text: `INSERT INTO millrace.epochs AS e (pipeline, id, stream, table_name, scope, taints, rows_seen, rows_inserted, side_table)
        SELECT $1, r.id, r.stream, r.table_name, r.scope, r.taints, r.rows_seen, r.rows_inserted, r.side_table
        FROM json_to_recordset($2::json) AS r (id text, stream text, table_name text, scope json, taints jsonb,
          rows_seen bigint, rows_inserted bigint, side_table text)
        ON CONFLICT (pipeline, id) DO UPDATE SET taints = excluded.taints, rows_seen = excluded.rows_seen,
          rows_inserted = excluded.rows_inserted, side_table = excluded.side_table`,
    },
    [pipeline, JSON.stringify(rows)],
  );
}
