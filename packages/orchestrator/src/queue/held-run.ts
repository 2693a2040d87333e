import type { RunReport } from "@millrace/core";
import { type LogLine, type PlatformEvent, publish, storableJson } from "@millrace/platform";
import type pg from "pg";
import type { AttemptOutcome } from "../worker/worker-notice.ts";
import type { Claim } from "./claim.ts";
import { countOutcome } from "./count-outcome.ts";
import { endAttempts, type ProcessEnd } from "./end-attempt.ts";
import { RUNS_CHANNEL } from "./enqueue.ts";

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

  /** Records its end as its process reported it. */
  async finish(report: RunReport, state: RunState, end: ProcessEnd): Promise<boolean> {
    const { id, token, pipeline, tries } = this.claim;
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
      await client.query("DELETE FROM millrace_control.leases WHERE token = $1", [token]);
      if (report.status !== "stopped") await countOutcome(client, pipeline, report.status);
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

  /** Its process ended without a report. @param uncounted the run had no part in it */
  async died(reason: string, end: ProcessEnd, uncounted = false): Promise<boolean> {
    const { token } = this.claim;
    let statuses: AttemptOutcome[] = [];
    const ended = await this.#transaction(async (client) => {
      statuses = await endAttempts(client, { where: "claim", token, reason, end, uncounted });
      return statuses.length === 1;
    });
    if (ended) this.#outcome = statuses[0];
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
