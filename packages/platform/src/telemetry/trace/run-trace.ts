import type { Counts, RunEvent, RunReport, StepListener } from "@millrace/core";
import { watchRequests } from "./http-spans.ts";
import type { SpanEvent, SpanRecord } from "./span-record.ts";
import type { Attributes } from "./span-spec.ts";
import { known, StepSpans } from "./step-spans.ts";
import { attributeText, databaseSystem, withoutValues } from "./trace-facts.ts";
import { attemptSpanId, type SpanPlace, traceIdOf } from "./trace-ids.ts";

export interface RunTraceOptions {
  readonly spans: { add(record: SpanRecord): void };
  /** UUID. */
  readonly run: string;
  readonly pipeline: string;
  readonly group?: string | undefined;
  /** The worker's span, which it makes itself. Absent: this process makes the run's span. */
  readonly parent?: SpanPlace | undefined;
}

/** The trace of a run, made in its process of what core tells. Nothing here throws. */
export class RunTrace {
  /** For core's `steps`. */
  readonly steps: StepListener;
  readonly #o: RunTraceOptions;
  readonly #place: SpanPlace;
  readonly #spans: StepSpans;
  readonly #now: () => number;
  readonly #startMs: number;
  readonly #events: SpanEvent[] = [];
  readonly #unwatch: () => void;
  #over = false;
  /** The interrupted run that this one goes on with. */
  #continues: string | undefined;

  constructor(options: RunTraceOptions) {
    this.#o = options;
    this.#place = options.parent ?? rootOf(options.run);
    // The machine's clock may be set while the run goes on.
    const origin = Date.now() - performance.now();
    this.#now = () => origin + performance.now();
    this.#startMs = this.#now();
    this.#spans = new StepSpans({
      add: (record) => options.spans.add(record),
      root: this.#place,
      now: this.#now,
    });
    this.steps = this.#spans.listen;
    this.#unwatch = watchRequests(this.#spans);
  }

  /** Takes an event of the run in. */
  observe(event: RunEvent): void {
    if (event.type === "started" && event.run !== this.#o.run) this.#continues = event.run;
    if (event.type === "statement") this.#statement(event);
    else if (event.type === "retrying" && this.#events.length < 100) {
      this.#events.push({
        name: "retrying",
        atMs: this.#now(),
        attributes: { "error.type": event.error.code },
      });
    }
  }

  /** The run is over. Idempotent. */
  end(report: Pick<RunReport, "status" | "tables" | "error">): void {
    if (this.#over) return;
    this.#over = true;
    this.#unwatch();
    this.#spans.close();
    if (this.#o.parent !== undefined) return;
    const { run, pipeline, group, spans } = this.#o;
    spans.add({
      span: "run",
      title: `run ${pipeline}`,
      place: this.#place,
      startMs: this.#startMs,
      endMs: this.#now(),
      attributes: known({
        "millrace.run": run,
        "millrace.pipeline": pipeline,
        "millrace.group": group,
        "millrace.continues": this.#continues,
        "millrace.trigger": "manual",
        "millrace.try": 1,
        ...outcomeAttributes(report),
      }),
      error: runError(report),
      events: this.#events,
    });
  }

  #statement(event: Extract<RunEvent, { type: "statement" }>): void {
    const { database, kind, operation, text, durationMs, rows, error } = event;
    const endMs = this.#now();
    const open = this.#spans.begin("statement", this.#spans.attemptId);
    const attributes = known({
      "db.system.name": databaseSystem(kind) ?? kind,
      "db.namespace": attributeText(database),
      "db.operation.name": operation,
      "db.query.text": attributeText(withoutValues(text, kind)),
      "db.response.returned_rows": rows,
    });
    this.#spans.end(
      { ...open, startMs: endMs - durationMs },
      {
        attributes,
        ...(rows === undefined ? {} : { rows }),
        error: error === undefined ? undefined : { type: error.code, message: attributeText(error.message) },
      },
      endMs,
    );
  }
}

/** The place of a run's span where no worker carries it out. */
export function rootOf(run: string, tries = 1): SpanPlace {
  return { traceId: traceIdOf(run), spanId: attemptSpanId(run, tries), sampled: true };
}

/** What a run came to, for its span. */
export function outcomeAttributes({ status, tables }: Pick<RunReport, "status" | "tables">): Attributes {
  const sum = (field: keyof Counts): number =>
    Object.values(tables).reduce((total, counts) => total + counts[field], 0);
  return {
    "millrace.status": status,
    "millrace.rows.read": sum("read"),
    "millrace.rows.inserted": sum("inserted"),
    "millrace.rows.updated": sum("updated"),
    "millrace.rows.unchanged": sum("unchanged"),
    "millrace.rows.removed": sum("removed"),
    "millrace.rows.rejected": sum("rejected"),
  };
}

/** Why a run failed, for its span. */
export function runError({ error }: Pick<RunReport, "error">): SpanRecord["error"] {
  return error === undefined ? undefined : { type: error.code, message: attributeText(error.message) };
}
