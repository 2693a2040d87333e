import { MillraceError } from "@millrace/core";
import { controlFailure } from "./control-connection.ts";
import { putRun } from "./put-run.ts";
import { type BeginRun, beginRecord, type RecorderContext, type RunRecorder } from "./run-recorder.ts";
import { recordOf, type RunRecord, type RunRow } from "./run-record.ts";

export interface ListRuns {
  /** Only runs of this pipeline. */
  readonly pipeline?: string;
  /** At most so many. Default 50. */
  readonly limit?: number;
  /** Only runs that are older than the one with this id: the next page. */
  readonly before?: string;
}

/** The records of all runs. */
export class RunRecords {
  readonly #context: RecorderContext;
  readonly #url: string;

  constructor(context: RecorderContext, url: string) {
    this.#context = context;
    this.#url = url;
  }

  /** Records the start of a run. Never throws: where the control database fails the record goes to a file. */
  begin(run: BeginRun): Promise<RunRecorder> {
    return beginRecord(this.#context, run);
  }

  /** Newest first. Fails with MLR_CONTROL_UNAVAILABLE. */
  async list(options: ListRuns = {}): Promise<RunRecord[]> {
    const rows = await this.#query(
      `SELECT * FROM millrace_control.runs
       WHERE ($1::text IS NULL OR pipeline = $1) AND ($2::uuid IS NULL OR id < $2)
       ORDER BY id DESC LIMIT $3`,
      [options.pipeline ?? null, options.before ?? null, options.limit ?? 50],
    );
    return rows.map(recordOf);
  }

  /** The run whose id is, or alone begins with, `id`. Fails with MLR_RUN_NOT_FOUND. */
  async get(id: string): Promise<RunRecord> {
    const digits = id.toLowerCase().replaceAll("-", "");
    if (!/^[\da-f]{1,32}$/.test(digits)) {
      throw new MillraceError("MLR_RUN_NOT_FOUND", `"${id}" is not the id of a run`, {
        hint: "An id is a UUID or its first digits; `millrace runs` lists them.",
      });
    }
    const rows = await this.#query(
      "SELECT * FROM millrace_control.runs WHERE id BETWEEN $1 AND $2 ORDER BY id DESC LIMIT 3",
      [asUuid(digits.padEnd(32, "0")), asUuid(digits.padEnd(32, "f"))],
    );
    const [row, other] = rows;
    if (row === undefined) {
      throw new MillraceError("MLR_RUN_NOT_FOUND", `No run's id is or begins with ${id}`, {
        hint: "`millrace runs` lists them.",
      });
    }
    if (other !== undefined) {
      throw new MillraceError("MLR_RUN_NOT_FOUND", `The ids of several runs begin with ${id}`, {
        hint: `Give more digits, such as ${row.id}.`,
      });
    }
    return recordOf(row);
  }

  /** Finds runs that are said to be running while the holder of their lease is dead, calls them `died`, and returns them. */
  async reap(): Promise<RunRecord[]> {
    return (await this.#query(REAP, [])).map(recordOf);
  }

  /** Brings records that were kept in files into the database. */
  async takeIn(): Promise<void> {
    const { pool, fallback } = this.#context;
    for (const record of await fallback.left()) {
      try {
        await putRun(pool, record);
        await fallback.forget(record.id);
      } catch {
        // It stays in its file until the database takes it.
      }
    }
  }

  async #query(sql: string, values: readonly unknown[]): Promise<RunRow[]> {
    try {
      return (await this.#context.pool.query<RunRow>(sql, [...values])).rows;
    } catch (error) {
      throw controlFailure(error, this.#url);
    }
  }
}

function asUuid(digits: string): string {
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}

/** A lease lives while its time is not up and, where its holder took the advisory lock, some session still holds that. */
const REAP = `
  UPDATE millrace_control.runs AS run SET
    status = 'died', finished_at = last.sign, updated_at = clock_timestamp(),
    duration_ms = extract(epoch FROM last.sign - run.started_at) * 1000,
    error = jsonb_build_object('code', 'MLR_LEASE_LOST', 'retry', 'later', 'details', '{}'::jsonb, 'message',
      format('Process %s on host %s ended without a word', run.pid, run.host),
      'hint', 'What was committed stands. Run the pipeline again; it goes on from there.')
  FROM millrace_control.runs AS same LEFT JOIN millrace_control.leases AS own ON own.token = same.lease
    CROSS JOIN LATERAL (SELECT greatest(same.updated_at, own.beat_at) AS sign) AS last
  WHERE same.id = run.id AND run.status = 'running' AND run.lease IS NOT NULL AND run.worker IS NULL AND NOT EXISTS (
    SELECT FROM millrace_control.leases AS held
    WHERE held.pipeline = run.pipeline AND held.partition = run.partition AND held.token = run.lease
      AND held.expires_at > clock_timestamp()
      AND (NOT held.locked OR EXISTS (
        SELECT FROM pg_locks AS lock
        WHERE lock.locktype = 'advisory' AND lock.objsubid = 1 AND lock.granted
          AND lock.database = (SELECT oid FROM pg_database WHERE datname = current_database())
          AND lock.classid = ((held.lock_key >> 32) & 4294967295)::oid
          AND lock.objid = (held.lock_key & 4294967295)::oid)))
  RETURNING run.*`;
