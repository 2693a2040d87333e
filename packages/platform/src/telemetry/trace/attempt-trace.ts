import type { RunReport } from "@millrace/core";
import { outcomeAttributes, rootOf, runError } from "./run-trace.ts";
import type { SpanEvent, SpanRecord } from "./span-record.ts";
import { known, newSpanId } from "./step-spans.ts";
import { attributeText } from "./trace-facts.ts";
import { formatTraceparent, isSampled, type SpanPlace, traceIdOf } from "./trace-ids.ts";

/** What a worker knows of a run that it claimed. */
export interface TracedClaim {
  /** UUID of the run. */
  readonly id: string;
  readonly pipeline: string;
  readonly group: string | undefined;
  readonly queue: string;
  readonly trigger: string;
  readonly tries: number;
  readonly waitedMs: number;
  readonly lateMs: number | undefined;
  readonly continues: string | undefined;
}

/** How its process ended. */
export interface TracedEnd {
  readonly outcome: string;
  readonly report?: RunReport;
  readonly end: {
    readonly exitCode: number | null;
    readonly signal: string | null;
    readonly peakMemoryBytes: number | null;
    readonly cpuMs: number | null;
    readonly lastException: { readonly message: string } | null;
  };
}

/**
 * The span of one process of a run, made by its worker: it is there also where the process was killed. What the process
 * tells of itself lies under it.
 */
export class AttemptTrace {
  /** For the run's process. */
  readonly traceparent: string;
  readonly #claim: TracedClaim;
  readonly #add: (record: SpanRecord) => void;
  readonly #place: SpanPlace;
  readonly #now: () => number;
  readonly #claimedMs: number;
  readonly #events: SpanEvent[] = [];

  /** @param share of runs that are traced */
  constructor(claim: TracedClaim, spans: { add(record: SpanRecord): void }, share: number) {
    this.#claim = claim;
    this.#add = (record) => spans.add(record);
    this.#place = {
      ...rootOf(claim.id, claim.tries),
      sampled: isSampled(traceIdOf(claim.id), share),
    };
    this.traceparent = formatTraceparent(this.#place);
    const origin = Date.now() - performance.now();
    this.#now = () => origin + performance.now();
    this.#claimedMs = this.#now();
    this.#part("wait", this.#claimedMs - claim.waitedMs, this.#claimedMs);
  }

  /** A try failed, and another follows within its process. */
  retrying(code: string): void {
    if (this.#events.length >= 100) return;
    this.#events.push({ name: "retrying", atMs: this.#now(), attributes: { "error.type": code } });
  }

  /** The pipeline's code runs, since `atMs` (milliseconds since 1970). */
  began(atMs: number): void {
    this.#part("start", this.#claimedMs, Math.max(this.#claimedMs, atMs));
  }

  ended({ outcome, report, end }: TracedEnd): void {
    const { id, pipeline, group, queue, trigger, tries, lateMs, waitedMs } = this.#claim;
    const went = report === undefined || report.run === id ? undefined : report.run;
    const continues = this.#claim.continues ?? went;
    this.#add({
      span: "run",
      title: `run ${pipeline}`,
      place: this.#place,
      startMs: this.#claimedMs - waitedMs,
      endMs: this.#now(),
      attributes: known({
        "millrace.run": id,
        "millrace.pipeline": pipeline,
        "millrace.group": group,
        "millrace.queue": queue,
        "millrace.trigger": trigger,
        "millrace.try": tries,
        "millrace.late_ms": lateMs,
        "millrace.continues": continues,
        ...(report === undefined ? {} : outcomeAttributes(report)),
        "millrace.status": outcome,
        "process.exit.code": end.exitCode ?? undefined,
        "millrace.process.signal": end.signal ?? undefined,
        "millrace.process.peak_memory_bytes": end.peakMemoryBytes ?? undefined,
        "millrace.process.cpu_ms": end.cpuMs ?? undefined,
      }),
      error: errorOf({ outcome, end, ...(report === undefined ? {} : { report }) }),
      events: this.#events,
      ...(continues === undefined ? {} : { links: [rootOf(continues)] }),
    });
  }

  #part(span: "wait" | "start", startMs: number, endMs: number): void {
    this.#add({
      span,
      place: { ...this.#place, spanId: newSpanId() },
      parentId: this.#place.spanId,
      startMs,
      endMs,
      attributes: { "millrace.queue": this.#claim.queue },
    });
  }
}

function errorOf({ outcome, report, end }: TracedEnd): SpanRecord["error"] {
  if (report?.error !== undefined) return runError(report);
  if (outcome !== "died" && outcome !== "queued" && outcome !== "lost" && outcome !== "failed")
    return undefined;
  const { signal, exitCode, lastException } = end;
  const how = signal === null ? `exit code ${exitCode}` : signal;
  const thrown = lastException === null ? "" : `: ${lastException.message}`;
  return { type: "MLR_RUN_DIED", message: attributeText(`Its process ended with ${how}${thrown}`) };
}
