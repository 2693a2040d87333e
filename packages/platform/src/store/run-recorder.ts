import { hostname } from "node:os";
import type { Clock, Json, RunEvent, RunReport } from "@millrace/core";
import type pg from "pg";
import type { Lease } from "./lease.ts";
import { logLineOf } from "./log-line.ts";
import { putRun } from "./put-run.ts";
import type { RunFallback } from "./run-fallback.ts";
import { type LogLine, type RunRecord, recordOf, type RunRow } from "./run-record.ts";

/** What is known of a run before it starts. */
export interface BeginRun {
  /** UUID, see `newRunId`. */
  readonly run: string;
  readonly pipeline: string;
  /** What starts it: `manual`, `schedule`, … */
  readonly trigger: string;
  /** The lease that it runs under; tells a dead run from a living one. */
  readonly lease?: Lease;
  /** How it was asked for. Never secrets. */
  readonly options?: Readonly<Record<string, Json>>;
}

/** Writes one run's record while it runs. Nothing here ever throws: what the database refuses goes to a file. */
export interface RunRecorder {
  /** An observer for `executeRun`. Returns at once; what changed is written soon after, many events together. */
  readonly observe: (event: RunEvent) => void;
  /** Writes the end. Tells where the record is: `file` where the control database did not take it (`path` says which). */
  finish(
    report: RunReport,
  ): Promise<{ readonly kept: "database" } | { readonly kept: "file"; readonly path: string }>;
}

export interface RecorderContext {
  readonly pool: pg.Pool;
  readonly fallback: RunFallback;
  readonly clock: Clock;
}

/** Lines that a record keeps. */
const LOG_LINES = 200;
/** Time from an event to its being written. */
const FLUSH_MS = 500;

/** Makes the recorder and writes the first record. */
export async function beginRecord(context: RecorderContext, begin: BeginRun): Promise<RunRecorder> {
  const recorder = new Recorder(context, begin);
  await recorder.start();
  return recorder;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

class Recorder implements RunRecorder {
  readonly observe = (event: RunEvent): void => this.#observe(event);
  readonly #context: RecorderContext;
  readonly #record: Mutable<RunRecord> & { startedAt: string };
  #log: LogLine[] = [];
  /** The id of the record that was begun, where an interrupted run goes on in its place. */
  #superseded: string | undefined;
  #dirty = false;
  #timer: NodeJS.Timeout | undefined;
  #writing: Promise<boolean> = Promise.resolve(true);

  constructor(context: RecorderContext, begin: BeginRun) {
    this.#context = context;
    this.#record = {
      id: begin.run,
      pipeline: begin.pipeline,
      partition: begin.lease?.partition ?? "",
      status: "running",
      attempt: null,
      trigger: begin.trigger,
      lease: begin.lease?.token ?? null,
      host: hostname(),
      pid: process.pid,
      startedAt: new Date(context.clock.now()).toISOString(),
      finishedAt: null,
      durationMs: null,
      resumed: false,
      counts: {},
      checkpoint: {},
      withheld: {},
      error: null,
      options: begin.options ?? {},
      log: [],
      queueing: null,
      process: null,
      continues: null,
      codeVersion: null,
    };
  }

  async start(): Promise<void> {
    await this.#write();
  }

  async finish(report: RunReport): ReturnType<RunRecorder["finish"]> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#goOnAs(report.run, report.resumed);
    const startedAt = report.startedAt < this.#record.startedAt ? report.startedAt : this.#record.startedAt;
    Object.assign(this.#record, {
      status: report.status,
      attempt: report.attempt === "" || report.attempt === "0" ? this.#record.attempt : report.attempt,
      startedAt,
      finishedAt: new Date(this.#context.clock.now()).toISOString(),
      durationMs: report.durationMs,
      counts: report.tables,
      checkpoint: report.checkpoint,
      withheld: report.withheld,
      error: report.error ?? null,
    } satisfies Partial<RunRecord>);
    const stored = await this.#write();
    return stored
      ? { kept: "database" }
      : { kept: "file", path: this.#context.fallback.file(this.#record.id) };
  }

  #observe(event: RunEvent): void {
    switch (event.type) {
      case "started":
        this.#goOnAs(event.run, event.resumed);
        this.#record.attempt = event.attempt.toString();
        break;
      case "committed":
        this.#record.counts = event.totals;
        this.#record.checkpoint = { ...this.#record.checkpoint, ...event.checkpoints };
        break;
      case "withheld":
        this.#record.withheld = { ...this.#record.withheld, [event.table]: event.reasons };
        break;
      default: {
        const line = logLineOf(event);
        if (line === undefined) return;
        this.#log.push({ at: new Date(this.#context.clock.now()).toISOString(), ...line });
        if (this.#log.length > LOG_LINES) this.#log = this.#log.slice(-LOG_LINES);
      }
    }
    this.#dirty = true;
    this.#schedule();
  }

  #goOnAs(run: string, resumed: boolean): void {
    this.#record.resumed ||= resumed;
    if (run === this.#record.id) return;
    this.#superseded ??= this.#record.id;
    this.#record.id = run;
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      void this.#write().then(() => {
        if (this.#dirty) this.#schedule();
      });
    }, FLUSH_MS);
    this.#timer.unref();
  }

  /** One write after the other, each of the newest state. True where the database took it. */
  #write(): Promise<boolean> {
    this.#writing = this.#writing.then(() => this.#writeNow());
    return this.#writing;
  }

  async #writeNow(): Promise<boolean> {
    this.#dirty = false;
    if (this.#superseded !== undefined) {
      await this.#context.fallback.forget(this.#superseded).catch(() => undefined);
    }
    try {
      await this.#store();
      await this.#context.fallback.forget(this.#record.id);
      return true;
    } catch {
      await this.#context.fallback.keep(this.#snapshot()).catch(() => undefined);
      return false;
    }
  }

  async #store(): Promise<void> {
    const client = await this.#context.pool.connect();
    try {
      await client.query("BEGIN");
      if (this.#superseded !== undefined) await this.#adopt(client, this.#superseded);
      await this.#closeOthers(client);
      await putRun(client, this.#snapshot());
      await client.query("COMMIT");
      this.#superseded = undefined;
      client.release();
    } catch (error) {
      client.release(true);
      throw error;
    }
  }

  /** The record that was begun goes, the interrupted run's own comes back with what it logged. */
  async #adopt(client: pg.ClientBase, begun: string): Promise<void> {
    await client.query("DELETE FROM millrace_control.runs WHERE id = $1", [begun]);
    const known = await client.query<RunRow>("SELECT * FROM millrace_control.runs WHERE id = $1", [
      this.#record.id,
    ]);
    const row = known.rows[0];
    if (row === undefined) return;
    const before = recordOf(row);
    if (before.startedAt !== null && before.startedAt < this.#record.startedAt)
      this.#record.startedAt = before.startedAt;
    const first = this.#log[0]?.at ?? "~";
    this.#log = [...before.log.filter(({ at }) => at < first), ...this.#log].slice(-LOG_LINES);
  }

  /** Who holds the lease knows that the pipeline's other runs, if still called running, are not. */
  async #closeOthers(client: pg.ClientBase): Promise<void> {
    const { id, pipeline, partition, status, lease } = this.#record;
    if (status !== "running" || lease === null) return;
    await client.query(
      `UPDATE millrace_control.runs AS other SET status = 'died', finished_at = updated_at,
         duration_ms = extract(epoch FROM updated_at - started_at) * 1000, updated_at = clock_timestamp()
       WHERE pipeline = $1 AND partition = $2 AND status = 'running' AND id <> $3 AND lease IS DISTINCT FROM $4
         AND EXISTS (SELECT FROM millrace_control.leases AS held
           WHERE held.pipeline = $1 AND held.partition = $2 AND held.token = $4)`,
      [pipeline, partition, id, lease],
    );
  }

  #snapshot(): RunRecord {
    return { ...this.#record, log: this.#log };
  }
}
