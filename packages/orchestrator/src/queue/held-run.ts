import type { RunReport, TaskProgress } from "@millrace/core";
import { type LogLine, type PlatformEvent, publish, storableJson } from "@millrace/platform";
import type pg from "pg";
import type { RunMeasures } from "../worker/run-meter.ts";
import type { AttemptOutcome } from "../worker/worker-notice.ts";
import type { Claim } from "./claim.ts";
import { countOutcome } from "./count-outcome.ts";
import { endAttempts, type ProcessEnd } from "./end-attempt.ts";
import { RUNS_CHANNEL } from "./enqueue.ts";
import { keepResult, queueJobAgain, recordProgress } from "./held-job.ts";

/** How far a run has come, as its process tells. */
export interface RunState {
  /** Fence number of the destination; null before it is open. */
  readonly attempt: string | null;
  /** The interrupted run that it goes on with; null: none. */
  readonly continues: string | null;
  readonly counts: RunReport["tables"];
  readonly checkpoint: RunReport["checkpoint"];
  readonly withheld: RunReport["withheld"];
  /** The last lines, oldest first. */
  readonly log: readonly LogLine[];
}

/**
 * A run that this worker holds. Every change is made only while it does: where another took it over they change nothing
 * and return false, and nothing more may be done for the run.
 */
export class HeldRun {
  readonly claim: Claim;
  readonly #pool: pg.Pool;
  #outcome: AttemptOutcome | undefined;

  constructor(pool: pg.Pool, claim: Claim) {
    this.#pool = pool;
    this.claim = claim;
  }

  /** What is recorded of its end; undefined before, and where another records it. */
  get outcome(): AttemptOutcome | undefined {
    return this.#outcome;
  }

  /** Records how far it has come. */
  async record(state: RunState): Promise<boolean> {
    const { rowCount } = await this.#pool.query(RECORD, [
      this.claim.id,
      this.claim.token,
      ...stateValues(state),
    ]);
    return rowCount === 1;
  }

  /** Says that it has begun. */
  async started(facts: {
    readonly worker: string;
    readonly host: string;
    readonly pid: number;
  }): Promise<boolean> {
    const { id, token, tries, trigger } = this.claim;
    return this.#transaction(async (client) => {
      const { rowCount } = await client.query(
        `UPDATE millrace_control.runs SET pid = $3, updated_at = clock_timestamp()
         WHERE id = $1 AND lease = $2 AND status = 'running'`,
        [id, token, facts.pid],
      );
      if (rowCount !== 1) return false;
      await publish(client, {
        ...this.#event(facts.worker),
        type: "run.started",
        data: { attempt: tries, trigger, host: facts.host, pid: facts.pid },
      });
      return true;
    });
  }

  /** Records how far a job is. */
  async progress(progress: TaskProgress): Promise<boolean> {
    const { id, token } = this.claim;
    return recordProgress(this.#pool, { id, token, progress });
  }

  /** Records how fast it goes and what its process uses. Of a job it would hide what that says of itself. */
  async measured(measures: RunMeasures): Promise<boolean> {
    const { id, token, kind } = this.claim;
    return kind === "task" || recordProgress(this.#pool, { id, token, progress: { ...measures } });
  }

  /** Records its end as its process reported it; a job that failed and may be tried again is queued once more. @param result JSON text of what a job returned */
  async finish(report: RunReport, state: RunState, end: ProcessEnd, result?: string): Promise<boolean> {
    const { id, token, pipeline, tries } = this.claim;
    if (this.claim.kind === "task" && (await this.#tryAgain(report, end))) return true;
    const finished = await this.#transaction(async (client) => {
      const { rowCount } = await client.query(FINISH, [
        id,
        token,
        ...stateValues(state),
        report.status,
        report.error === undefined ? null : storableJson(report.error),
        Math.round(report.durationMs),
        end.exitCode,
        end.signal,
        end.peakMemoryBytes,
        end.cpuMs,
        end.exceptions,
        end.lastException === null ? null : storableJson(end.lastException),
      ]);
      if (rowCount !== 1) return false;
      if (this.claim.kind === "task")
        await keepResult(client, { id, succeeded: report.status === "succeeded", result });
      await client.query("DELETE FROM millrace_control.leases WHERE token = $1", [token]);
      // A partition that fails says nothing of the pipeline's own runs.
      if (report.status !== "stopped" && this.claim.partition === "")
        await countOutcome(client, pipeline, report.status);
      await publish(client, {
        ...this.#event(),
        type: "run.finished",
        data: {
          status: report.status,
          counts: report.tables,
          durationMs: report.durationMs,
          attempt: tries,
          error: report.error,
        },
      });
      await client.query(`NOTIFY ${RUNS_CHANNEL}`);
      return true;
    });
    if (finished) this.#outcome = report.status;
    return finished;
  }

  /** False where a job did not fail, or may not be tried again. */
  async #tryAgain(report: RunReport, end: ProcessEnd): Promise<boolean> {
    const { error, status } = report;
    if (status !== "failed" || error === undefined || error.retry === "never") return false;
    const again = await this.#transaction(async (client) => {
      const delayMs = await queueJobAgain(client, { claim: this.claim, error, end });
      if (delayMs === undefined) return false;
      const { code, message } = error;
      await publish(client, {
        ...this.#event(),
        type: "run.retrying",
        data: { attempt: this.claim.tries, delayMs, error: { code, message } },
      });
      return true;
    });
    if (again) this.#outcome = "queued";
    return again;
  }

  /** Its process ended without a report. @param uncounted the run had no part in it */
  async died(reason: string, end: ProcessEnd, uncounted = false): Promise<boolean> {
    const { token } = this.claim;
    let outcome: AttemptOutcome | undefined;
    const ended = await this.#transaction(async (client) => {
      const [found] = await endAttempts(client, { where: "claim", token, reason, end, uncounted });
      outcome = found?.status;
      return found !== undefined;
    });
    if (ended) this.#outcome = outcome;
    return ended;
  }

  /** Notes how it is to end, so that whoever finds it ended knows. A cancellation outdoes a wish to stop. */
  async ending(how: "stop" | "cancel" | "timeout"): Promise<boolean> {
    const { rowCount } = await this.#pool.query(
      `UPDATE millrace_control.runs SET ending = CASE WHEN ending = 'cancel' THEN ending ELSE $3 END
       WHERE id = $1 AND lease = $2 AND status = 'running'`,
      [this.claim.id, this.claim.token, how],
    );
    return rowCount === 1;
  }

  /** Tells something of it to whoever follows the events. */
  async tell(events: readonly PlatformEvent[]): Promise<void> {
    await publish(
      this.#pool,
      events.map((event) => ({ ...this.#event(), ...event })),
    );
  }

  #event(worker?: string): {
    at: string;
    pipeline: string;
    group: string | undefined;
    run: string;
    worker: string | undefined;
  } {
    const { id, pipeline, group } = this.claim;
    return { at: new Date().toISOString(), pipeline, group, run: id, worker };
  }

  async #transaction(work: (client: pg.PoolClient) => Promise<boolean>): Promise<boolean> {
    const client = await this.#pool.connect();
    try {
      await client.query("BEGIN");
      const done = await work(client);
      await client.query(done ? "COMMIT" : "ROLLBACK");
      client.release();
      return done;
    } catch (error) {
      client.release(true);
      throw error;
    }
  }
}

function stateValues(state: RunState): unknown[] {
  return [
    state.attempt,
    state.continues,
    storableJson(state.counts),
    storableJson(state.checkpoint),
    storableJson(state.withheld),
    storableJson(state.log),
  ];
}

const STATE = `attempt = coalesce($3, attempt), continues = coalesce($4, continues), resumed = resumed OR $4 IS NOT NULL,
  counts = $5, checkpoint = $6, withheld = $7, log = $8, updated_at = clock_timestamp()`;

const RECORD = `UPDATE millrace_control.runs SET ${STATE} WHERE id = $1 AND lease = $2 AND status = 'running'`;

const FINISH = `
  UPDATE millrace_control.runs SET ${STATE}, status = $9, error = $10, duration_ms = $11, finished_at = clock_timestamp(),
    exit_code = $12, signal = $13, peak_memory_bytes = greatest(peak_memory_bytes, $14::bigint),
    cpu_ms = coalesce(cpu_ms, 0) + coalesce($15::bigint, 0), exceptions = exceptions + $16::integer,
    last_exception = coalesce($17::jsonb, last_exception), request = NULL
  WHERE id = $1 AND lease = $2 AND status = 'running'`;
