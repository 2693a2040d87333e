import { hostname } from "node:os";
import {
  addCounts,
  type Counts,
  type Environment,
  executeRun,
  type RunEvent,
  zeroCounts,
} from "@millrace/core";
import { type ControlStore, type EventOf, logRun, type Logger, newRunId, publish } from "@millrace/platform";
import type { RunPushed } from "../landing/stream-landing.ts";

/** What runs of pushed streams happen in. */
export interface PushedRuns {
  readonly control: ControlStore;
  readonly environment: Environment;
  readonly logger: Logger;
  /** Milliseconds after which a run that has stopped to answer may be replaced. */
  readonly leaseMs: number;
  readonly codeVersion?: string | undefined;
  /** Is told every event. Default: nobody. */
  readonly observe?: ((pipeline: string, event: RunEvent) => void) | undefined;
}

/** Events of commits are told at most this often: there may be hundreds a second. */
const TELL_MS = 1_000;

/**
 * Runs a pushed pipeline as every other one is run: under its lease, with a record, logs, quality results and events. Fails
 * with MLR_LEASE_HELD where another service lands the stream, or MLR_CONTROL_UNAVAILABLE.
 */
export function runPushed(context: PushedRuns): RunPushed {
  return async ({ pipeline, signal, observe }) => {
    const { control, environment, leaseMs } = context;
    const { name, group } = pipeline;
    const run = newRunId();
    const lease = await control.acquireLease(name, { run, leaseMs, beatMs: Math.min(2_000, leaseMs / 5) });
    try {
      const recorder = await control.runs.begin({ run, pipeline: name, trigger: "push", lease });
      const quality = control.quality.recorder({ run, pipeline: name, group });
      const facts = control.facts.recorder({ run, pipeline: name });
      const says = logRun(
        context.logger.child({ run, pipeline: name, ...(group === undefined ? {} : { group }) }),
      );
      const teller = new CommitTeller(control, {
        run,
        pipeline: name,
        ...(group === undefined ? {} : { group }),
      });
      const asked = new AskedToEnd(control, run);
      const report = await executeRun({
        pipeline,
        environment,
        run,
        attempts: lease.attempts,
        signal: AbortSignal.any([signal, asked.signal]),
        lost: lease.lost,
        history: control.quality.history,
        observe: (event) => {
          observe(event);
          if (event.type === "started") asked.run = event.run;
          // Checkpoints hold batch ids by the thousand, which are nothing to be looked at in a run's record.
          const lean: RunEvent = event.type === "committed" ? { ...event, checkpoints: {} } : event;
          recorder.observe(lean);
          quality.observe(lean);
          facts.observe(lean);
          says(lean);
          teller.observe(lean);
          context.observe?.(name, lean);
        },
      }).finally(() => asked.close());
      await teller.close();
      await Promise.all([quality.flush(), facts.flush()]);
      await recorder.finish({ ...report, checkpoint: {} });
      return report;
    } finally {
      await lease.release();
    }
  };
}

/** Milliseconds between two looks at whether somebody wants a run to end. */
const ASK_MS = 1_000;

/** Sees that a run is to be stopped: no worker has it that could be told. */
class AskedToEnd {
  /** An interrupted run goes on under its own id. */
  run: string;
  readonly #control: ControlStore;
  readonly #ending = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(control: ControlStore, run: string) {
    this.#control = control;
    this.run = run;
    this.#timer = setInterval(() => void this.#ask(), ASK_MS);
    this.#timer.unref();
  }

  get signal(): AbortSignal {
    return this.#ending.signal;
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async #ask(): Promise<void> {
    try {
      const { rowCount } = await this.#control.pool.query(
        "SELECT FROM millrace_control.runs WHERE id = $1 AND ending IS NOT NULL",
        [this.run],
      );
      if (rowCount !== 0) this.#ending.abort();
    } catch {
      // It is asked again.
    }
  }
}

type PushEvent =
  Pick<EventOf<"run.started">, "type" | "data"> | Pick<EventOf<"run.committed">, "type" | "data">;
type RunFields = Pick<EventOf<"run.started">, "run" | "pipeline" | "group">;

/** Tells those who follow the events what was committed, many commits together. */
class CommitTeller {
  readonly #control: ControlStore;
  #fields: RunFields;
  #counts: Record<string, Counts> = {};
  #commit: bigint | undefined;
  #timer: NodeJS.Timeout | undefined;
  #telling: Promise<void> = Promise.resolve();

  constructor(control: ControlStore, fields: RunFields) {
    this.#control = control;
    this.#fields = fields;
  }

  observe(event: RunEvent): void {
    if (event.type === "started") {
      // An interrupted run goes on under its own id.
      this.#fields = { ...this.#fields, run: event.run };
      const data = { attempt: Number(event.attempt), trigger: "push", host: hostname(), pid: process.pid };
      this.#publish({ type: "run.started", data: { ...data, resumed: event.resumed } });
    }
    if (event.type !== "committed") return;
    this.#commit = event.commit;
    for (const [table, counts] of Object.entries(event.tables))
      this.#counts[table] = addCounts(this.#counts[table] ?? zeroCounts(), counts);
    this.#timer ??= setTimeout(() => this.#tell(), TELL_MS);
  }

  async close(): Promise<void> {
    this.#tell();
    await this.#telling;
  }

  #tell(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#commit === undefined) return;
    const data = { commit: String(this.#commit), counts: this.#counts };
    this.#counts = {};
    this.#commit = undefined;
    this.#publish({ type: "run.committed", data });
  }

  #publish(event: PushEvent): void {
    const at = new Date().toISOString();
    const fields = this.#fields;
    this.#telling = this.#telling
      .then(() => publish(this.#control.pool, { ...event, at, ...fields }))
      // Nobody has to hear of it: the record of the run tells the same.
      .catch(() => undefined);
  }
}
