import {
  asMillraceError,
  type Clock,
  ERROR_CODES,
  type ErrorCode,
  MillraceError,
  type Pipeline,
  type PushedPipeline,
  type RunEvent,
  type RunReport,
  type Source,
} from "@millrace/core";
import { LandedBatches } from "./landed-batches.ts";
import type { Landing } from "./landing.ts";
import { PushedReading } from "./pushed-reading.ts";
import type { BatchPart, LandedPart, Submission } from "./submission.ts";
import { WaitingParts, type WaitingLimits } from "./waiting-parts.ts";

/** Runs a pipeline from its opening to its end, with all that belongs to a run: the lease, the record, the logs. */
export type RunPushed = (run: {
  readonly pipeline: Pipeline;
  readonly signal: AbortSignal;
  readonly observe: (event: RunEvent) => void;
}) => Promise<RunReport>;

/** Limits of a stream's landing. */
export interface LandingLimits extends WaitingLimits {
  /** Milliseconds that a sender waits for its commit, most. */
  readonly waitMs: number;
  /** Milliseconds that a batch id is remembered. */
  readonly batchIdMs: number;
  /** Batch ids that are remembered at most. */
  readonly batchIds: number;
  /** Milliseconds after which a run ends and the next begins. */
  readonly runMs: number;
  /** Milliseconds without a push after which a run ends. */
  readonly idleMs: number;
}

/** What a stream's landing works with. */
export interface LandingOptions {
  readonly definition: PushedPipeline;
  /** The pipeline with this source in place of its own. */
  readonly pipeline: (source: Source) => Pipeline;
  readonly run: RunPushed;
  readonly limits: LandingLimits;
  readonly clock: Clock;
}

/** How a part is landed. */
export interface SubmitOptions {
  /** Whoever submits it waits for as long as it takes. Default false: as long as the limits say. */
  readonly patient?: boolean;
}

/** How a stream's landing does. */
export interface LandingState {
  /** Rows that wait for a commit. */
  readonly rows: number;
  readonly batches: number;
  /** A run goes on. */
  readonly running: boolean;
  /** Why nothing lands at the moment; undefined while all is well. */
  readonly trouble: MillraceError | undefined;
}

const NOTHING: BatchPart = { work: { kind: "rows", rows: [] }, count: 0, last: true, bytes: 0 };

/** Pause after a run that could not reach its destination, doubled up to the longest. */
const PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 10_000;

/**
 * Lands what is pushed into one stream: one long run, in which what waits is committed together. A run begins with the first
 * push, and ends when nothing is pushed for long. What a failed run left is tried again where that may help; a group that the
 * destination refuses is taken apart, so that a bad batch fails alone.
 */
export class StreamLanding implements Landing {
  readonly #o: LandingOptions;
  readonly #waiting: WaitingParts;
  readonly #batches: LandedBatches;
  readonly #reading: PushedReading;
  readonly #underWay = new Map<string, Promise<LandedPart>>();
  readonly #closing = new AbortController();
  #running: Promise<void> | undefined;
  #lastPush = 0;
  #sweeping = false;
  #tokens = 0;
  #commits = 0;
  readonly #own = Math.random().toString(36).slice(2, 10);
  /** Why the destination does not take anything at the moment. */
  #trouble: MillraceError | undefined;

  constructor(options: LandingOptions) {
    this.#o = options;
    const { definition, limits, clock } = options;
    this.#waiting = new WaitingParts(limits);
    this.#batches = new LandedBatches({ lifetimeMs: limits.batchIdMs, most: limits.batchIds, clock });
    this.#reading = new PushedReading({
      stream: definition.stream,
      columns: definition.columns,
      waiting: this.#waiting,
      batches: this.#batches,
      separate: definition.quality.length > 0,
      seconds: () => Math.floor(clock.now() / 1_000),
    });
  }

  /** What waits, and why nothing lands where that is so. */
  get state(): LandingState {
    const running = this.#running !== undefined;
    return { rows: this.#waiting.rows, batches: this.#waiting.count, running, trouble: this.#trouble };
  }

  /** How far a batch has landed; undefined where nothing of it has, or it is forgotten. Fails as `submit`. */
  async progress(id: string): Promise<{ readonly offset: number; readonly done: boolean } | undefined> {
    // What landed before this process began is known once a run has begun.
    if (!this.#reading.recovered) await this.submit(NOTHING);
    const found = this.#batches.find(id);
    return found === undefined ? undefined : { offset: found.rows, done: found.done };
  }

  /**
   * Lands a part of a batch; resolves when it is committed, however often it is sent. Fails with MLR_PUSH_BUSY,
   * MLR_PUSH_CONFLICT, MLR_DESTINATION_UNAVAILABLE where the destination is away for too long, or as the destination.
   * A patient part waits for as long as it takes.
   */
  submit(part: BatchPart, { patient = false }: SubmitOptions = {}): Promise<LandedPart> {
    if (this.#closing.signal.aborted) return Promise.reject(busy("The ingestion service is ending", 5));
    const same = part.id === undefined ? undefined : `${part.id} ${part.offset ?? 0} ${part.digest ?? ""}`;
    const going = same === undefined ? undefined : this.#underWay.get(same);
    if (going !== undefined) return going.then((landed) => ({ ...landed, duplicate: true }));
    const full = part.id === undefined ? 0 : this.#batches.fullForSeconds;
    if (full > 0) return Promise.reject(busy("More batch ids than can be remembered were used", full));
    const { promise, resolve, reject } = Promise.withResolvers<LandedPart>();
    const submission: Submission = {
      part,
      token: `${this.#own}.${++this.#tokens}`,
      deadline: patient ? Infinity : this.#o.clock.monotonic() + this.#o.limits.waitMs,
      alone: false,
      settled: false,
      ...{ resolve, reject },
    };
    try {
      this.#waiting.add(submission);
    } catch (error) {
      return Promise.reject(asMillraceError(error, "MLR_INTERNAL"));
    }
    this.#lastPush = this.#o.clock.monotonic();
    this.#running ??= this.#run();
    void this.#sweep();
    if (same === undefined) return promise;
    this.#underWay.set(same, promise);
    const forget = (): void => void this.#underWay.delete(same);
    promise.then(forget, forget);
    return promise;
  }

  /** Tells all who wait that the destination is away, in the order in which they came: either the patient ones or the others. */
  expire({ patient = false }: SubmitOptions = {}): void {
    this.#tellLate(({ deadline }) => (deadline === Infinity) === patient);
  }

  /** Takes nothing more, lands what waits, and ends the run. */
  async close(): Promise<void> {
    this.#closing.abort();
    while (this.#running !== undefined) await this.#running;
    this.#refuseAll(busy("The ingestion service is ending", 5));
  }

  async #run(): Promise<void> {
    let pause = PAUSE_MS;
    try {
      while (this.#wanted) {
        const commits = this.#commits;
        this.#trouble = await this.#once();
        if (this.#trouble === undefined) continue;
        // A run that got anywhere was well: the next one is not made to wait for what happened long ago.
        if (this.#commits > commits) pause = PAUSE_MS;
        if (!this.#settleFailure(this.#trouble)) continue;
        await this.#o.clock.sleep(pause, this.#closing.signal);
        pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
      }
    } finally {
      this.#running = undefined;
    }
    if (this.#wanted) this.#running = this.#run();
  }

  /** Closing waits for what came before it, as long as its senders wait. */
  get #wanted(): boolean {
    return this.#waiting.count > 0 || this.#reading.underWay.length > 0;
  }

  /** One run, to its end: why it failed, or undefined. */
  async #once(): Promise<MillraceError | undefined> {
    const end = new AbortController();
    const watching = this.#endWhenIdle(end);
    try {
      const pipeline = this.#o.pipeline(this.#reading);
      const observe = (event: RunEvent): void => this.#observe(event);
      const report = await this.#o.run({ pipeline, signal: end.signal, observe });
      return report.error === undefined ? undefined : failureOf(report, report.error);
    } catch (error) {
      // It could not even begin: somebody else has the lease, or the control database is away.
      return asMillraceError(error, "MLR_INTERNAL", this.#o.definition.name);
    } finally {
      end.abort();
      await watching;
    }
  }

  #observe(event: RunEvent): void {
    if (event.type === "retrying") this.#trouble = troubleOf(event.error);
    if (event.type !== "committed") return;
    this.#commits++;
    this.#trouble = undefined;
    const counts = Object.entries(event.tables).filter(([table]) => !table.endsWith("__quarantine"));
    this.#reading.noteCommit(event.commit, counts[0]?.[1] ?? {});
  }

  /** A run is long, and not for ever: its record is rolled, and a stream that is not used keeps no connection. */
  async #endWhenIdle(end: AbortController): Promise<void> {
    const { clock, limits } = this.#o;
    const until = clock.monotonic() + limits.runMs;
    const either = AbortSignal.any([end.signal, this.#closing.signal]);
    while (!end.signal.aborted) {
      if (this.#closing.signal.aborted) {
        if (!this.#wanted) break;
        await clock.sleep(20, end.signal);
        continue;
      }
      const now = clock.monotonic();
      const due = Math.min(until, this.#lastPush + limits.idleMs);
      if (now >= due && !this.#wanted) break;
      await clock.sleep(Math.max(50, due - now), either);
    }
    end.abort();
  }

  /** True where it may help to wait and try again. */
  #settleFailure(error: MillraceError): boolean {
    const group = this.#reading.underWay;
    const passes = error.retry === "later" || PASSING.has(error.code);
    if (passes) return true;
    if (group.length === 0) {
      this.#refuseAll(error);
      return false;
    }
    if (group.length > 1) {
      for (const each of group) each.alone = true;
      return false;
    }
    for (const each of group) settle(each, error);
    return false;
  }

  #refuseAll(error: MillraceError): void {
    for (const each of [...this.#reading.underWay, ...this.#waiting.remove(() => true)]) settle(each, error);
  }

  /** Whoever has waited long enough is told so; what is on its way may still land, and is known by its batch id then. */
  async #sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    const { clock, limits } = this.#o;
    while (this.#wanted) {
      await clock.sleep(Math.min(1_000, limits.waitMs));
      const now = clock.monotonic();
      this.#tellLate(({ deadline }) => deadline <= now);
    }
    this.#sweeping = false;
  }

  #tellLate(late: (submission: Submission) => boolean): void {
    const underWay = this.#reading.underWay.filter(late);
    for (const each of [...underWay, ...this.#waiting.remove(late)]) settle(each, this.#late());
  }

  #late(): MillraceError {
    const why = this.#trouble === undefined ? "" : `: ${this.#trouble.message}`;
    return new MillraceError(
      "MLR_DESTINATION_UNAVAILABLE",
      `The rows could not be committed within ${this.#o.limits.waitMs / 1_000} s${why}`,
      {
        hint: "Send them again with the same batch id: what has landed meanwhile does not land twice.",
        details: { retryAfterSeconds: 5 },
        cause: this.#trouble,
      },
    );
  }
}

function troubleOf({ code, message }: { readonly code: string; readonly message: string }): MillraceError {
  return new MillraceError(code in ERROR_CODES ? (code as ErrorCode) : "MLR_INTERNAL", message);
}

/** Never worth another try for a single run, but over once another process has ended. */
const PASSING: ReadonlySet<string> = new Set(["MLR_LEASE_LOST", "MLR_FENCED", "MLR_LEASE_HELD"]);

function settle(submission: Submission, error: MillraceError): void {
  if (submission.settled) return;
  submission.settled = true;
  submission.reject(error);
}

function busy(message: string, retryAfterSeconds: number): MillraceError {
  return new MillraceError("MLR_PUSH_BUSY", message, {
    hint: "Send it again after the time that the answer says, with the same batch id.",
    details: { retryAfterSeconds },
  });
}

/** The report has an error as data. */
function failureOf({ pipeline }: RunReport, error: NonNullable<RunReport["error"]>): MillraceError {
  const { message, hint, details } = error;
  return new MillraceError(troubleOf(error).code, message, {
    ...(hint === undefined ? {} : { hint }),
    details: { ...details, pipeline },
  });
}
