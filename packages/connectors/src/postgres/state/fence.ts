import {
  MillraceError,
  type Counts,
  type Epoch,
  type Json,
  type Owner,
  type Recovered,
  type Scope,
} from "@millrace/core";
import type { Connection } from "../session/connection.ts";
import { endBackend, withTakeover, type Backend } from "./takeover.ts";

/** An open epoch with what the destination keeps of it. */
export interface StoredEpoch {
  readonly epoch: Epoch;
  readonly table: string;
  readonly rowsSeen: number;
  readonly rowsInserted: number;
  readonly sideTable: string | undefined;
}

/** All that is stored of a pipeline. */
export interface StoredState {
  readonly attempt: bigint;
  readonly lastCommit: bigint;
  readonly run: Recovered["run"] | undefined;
  readonly checkpoints: ReadonlyMap<string, Json>;
  readonly epochs: readonly StoredEpoch[];
  readonly backend: Backend;
}

interface PipelineRow {
  attempt: string;
  last_commit: string;
  run_id: string | null;
  finished: boolean;
  counts: Record<string, Counts>;
  pid: number | null;
  start: string | null;
}

interface EpochRow {
  id: string;
  stream: string;
  table_name: string;
  scope: Scope | null;
  taints: string[];
  rows_seen: string;
  rows_inserted: string;
  side_table: string | null;
}

const WHAT = "reading the pipeline's state";

/** Reads what is stored of a pipeline; undefined where there is nothing. Locks nothing. */
export async function readState(
  connection: Connection,
  pipeline: string,
  lock: "" | " FOR NO KEY UPDATE" = "",
): Promise<StoredState | undefined> {
  const { rows } = await connection.query<PipelineRow>(
    WHAT,
    `SELECT attempt, last_commit, run_id, finished, counts, backend_pid AS pid, to_json(backend_start)#>>'{}' AS start
     FROM millrace.pipelines WHERE pipeline = $1${lock}`,
    [pipeline],
  );
  const [row] = rows;
  if (row === undefined) return undefined;
  const checkpoints = await connection.query<{ slice: string; state: Json }>(
    WHAT,
    "SELECT slice, state FROM millrace.checkpoints WHERE pipeline = $1",
    [pipeline],
  );
  const epochs = await connection.query<EpochRow>(
    WHAT,
    `SELECT id, stream, table_name, scope, taints, rows_seen, rows_inserted, side_table
     FROM millrace.epochs WHERE pipeline = $1 ORDER BY position`,
    [pipeline],
  );
  return {
    attempt: BigInt(row.attempt),
    lastCommit: BigInt(row.last_commit),
    run: row.run_id === null ? undefined : { id: row.run_id, finished: row.finished, counts: row.counts },
    checkpoints: new Map(checkpoints.rows.map(({ slice, state }) => [slice, state])),
    epochs: epochs.rows.map(storedEpoch),
    backend: { pid: row.pid, start: row.start },
  };
}

/**
 * Raises the fence to the owner's attempt, and reads what is stored, in one transaction: from now on no lower attempt can
 * commit, and none that has committed is missed. Fails with MLR_FENCED where the fence is as high already.
 */
export async function raiseFence(
  connection: Connection,
  owner: Owner,
  signal: AbortSignal | undefined,
): Promise<StoredState> {
  const before = await withTakeover(connection, { pipeline: owner.pipeline, signal }, () =>
    raise(connection, owner),
  );
  // Its locks and uncommitted rows would be in the way, and it can never commit.
  await endBackend(connection, before.backend);
  return before;
}

async function raise(connection: Connection, owner: Owner): Promise<StoredState> {
  const { pipeline, attempt } = owner;
  const { pid, start } = connection.backend;
  try {
    await connection.query("raising the fence", "BEGIN");
    await connection.query(
      "raising the fence",
      "INSERT INTO millrace.pipelines (pipeline, attempt) VALUES ($1, -1) ON CONFLICT (pipeline) DO NOTHING",
      [pipeline],
    );
    const state = await readState(connection, pipeline, " FOR NO KEY UPDATE");
    if (state === undefined)
      throw new MillraceError("MLR_INTERNAL", `no state row for pipeline "${pipeline}"`);
    if (state.attempt >= attempt) throw fenced(owner, state.attempt);
    await connection.query(
      "raising the fence",
      `UPDATE millrace.pipelines SET attempt = $2, backend_pid = $3, backend_start = $4::timestamptz, updated_at = now()
       WHERE pipeline = $1`,
      [pipeline, String(attempt), pid, start],
    );
    await connection.query("raising the fence", "COMMIT");
    return state;
  } catch (error) {
    if (!connection.lost) await connection.query("raising the fence", "ROLLBACK");
    throw error;
  }
}

/** Says that a later attempt has the pipeline. */
export function fenced(owner: Owner, attempt: bigint): MillraceError {
  return new MillraceError(
    "MLR_FENCED",
    `attempt ${owner.attempt} of pipeline "${owner.pipeline}" may not write: attempt ${attempt} has taken over`,
    {
      hint: "Let the later attempt finish; what it commits is complete without this one.",
      details: { pipeline: owner.pipeline, attempt: String(attempt) },
    },
  );
}

function storedEpoch(row: EpochRow): StoredEpoch {
  return {
    epoch: {
      id: row.id,
      stream: row.stream,
      taints: row.taints,
      ...(row.scope === null ? {} : { scope: row.scope }),
    },
    table: row.table_name,
    rowsSeen: Number(row.rows_seen),
    rowsInserted: Number(row.rows_inserted),
    sideTable: row.side_table ?? undefined,
  };
}
