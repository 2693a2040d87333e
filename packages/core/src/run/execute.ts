import type { Database, DatabaseConnector } from "../database/database.ts";
import { systemClock, type Clock } from "../clock.ts";
import type { Destination, Owner, Session } from "../destination.ts";
import type { DocumentLedger } from "../document-ledger.ts";
import { asMillraceError, MillraceError } from "../errors.ts";
import type { RunObserver, RunStatus } from "../events.ts";
import { checkParams, type GivenParams } from "../params.ts";
import { redactor } from "../redactor.ts";
import type { CommitLimits, Pipeline, RetryPolicy } from "../pipeline.ts";
import { inProfile } from "../profile/current-profile.ts";
import { DestinationObjects } from "../profile/destination-objects.ts";
import { RunProfile } from "../profile/run-profile.ts";
import type { QualityHistory } from "../quality/quality-history.ts";
import { RunQuality } from "../quality/run-quality.ts";
import { checkReprocess, REPROCESS_PARTITION } from "../reprocess/check-reprocess.ts";
import { refusedSource } from "../reprocess/refused-source.ts";
import type { ReprocessRequest } from "../reprocess/refused-rows.ts";
import type { RunPartition, Source } from "../source.ts";
import type { Environment } from "../target.ts";
import { runAttempt } from "./attempt.ts";
import { checkPartition } from "./check-partition.ts";
import { RunProgress } from "./progress.ts";
import { RunDatabases } from "./run-databases.ts";
import type { RunReport } from "./report.ts";
import { asStep, safeSteps, type StepListener } from "./run-steps.ts";
import { sourceOf } from "./source-messages.ts";
import { SourceStatus } from "./source-status.ts";
import { tableModes } from "./table-modes.ts";

/** Allots attempt numbers: each higher than all before for the pipeline, and than `above`. */
export interface Attempts {
  next(above?: bigint): Promise<bigint>;
}

/** What a run is to do. */
export interface ExecuteOptions {
  /** The pipeline to run. */
  readonly pipeline: Pipeline;
  /** What connectors may ask for: the default database and the project's folder. */
  readonly environment: Environment;
  /** What `context.database` finds, by name. Default: none. */
  readonly databases?: Readonly<Record<string, DatabaseConnector>>;
  /** UUID for a new run. An interrupted one goes on under its own, see the event `started`. */
  readonly run: string;
  /** Where the attempts' numbers come from. */
  readonly attempts: Attempts;
  /** Read everything again, whatever the checkpoints say. */
  readonly full?: boolean;
  /** Read what is newer than this; nothing is removed. */
  readonly since?: string;
  /** Read at most this many rows; nothing is removed. */
  readonly limit?: number;
  /** Do only this part, with a state of its own. Fails with MLR_ARGUMENT_INVALID where the destination or a write mode cannot. */
  readonly partition?: RunPartition;
  /**
   * Read refused rows instead of the source: what lands leaves the quarantine in the same commit, what is refused again
   * stays with the new reason. Nothing is removed, and the pipeline's checkpoints stay as they are. Not together with
   * `full`, `since`, `limit` or `partition`. Fails with MLR_ARGUMENT_INVALID where the destination or a write mode cannot.
   */
  readonly reprocess?: ReprocessRequest;
  /** Values for the parameters that the pipeline declares; others fail with MLR_ARGUMENT_INVALID. */
  readonly params?: GivenParams;
  /** Digest of the pipeline's code, for `ReadContext.codeVersion`. */
  readonly codeVersion?: string;
  /** Write nothing; the report's `plan` tells what a run would do. */
  readonly dryRun?: boolean;
  /** Wish to stop: commit at the next checkpoint and end. */
  readonly signal?: AbortSignal;
  /** Aborted when the lease is lost: nothing may be written from then on. */
  readonly lost?: AbortSignal;
  /** What quality rules observed in past runs, for `volume`. Default: nothing is known. */
  readonly history?: QualityHistory;
  /** Where a source of documents tells what becomes of them. Default: nowhere. */
  readonly documents?: DocumentLedger;
  /** Is told what happens. Default: nobody. */
  readonly observe?: RunObserver;
  /**
   * Is called when the run is over, while the databases that its code has asked for are still connected, by the names that
   * their statements are told with. What it throws is ignored. Default: nothing is done.
   */
  readonly ending?: (databases: ReadonlyMap<string, Database>) => Promise<void>;
  /** Is told how long the parts of the run take, for traces. Default: nobody, and nothing is measured. */
  readonly steps?: StepListener;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

const RETRY: RetryPolicy = { attempts: 5, delayMs: 1_000, maxDelayMs: 60_000 };
const LIMITS: CommitLimits = { rows: 500_000, bytes: 256 * 1024 * 1024, seconds: 30 };
const ENDLESS_SECONDS = 1;
/** What never ends waits for a destination that is away, and looks for it often. */
const ENDLESS_RETRY: Partial<RetryPolicy> = { attempts: Number.POSITIVE_INFINITY, maxDelayMs: 5_000 };

/**
 * Runs a pipeline: opens its destination, reads its source from the recovered state, and tries again after errors
 * that may pass. Never throws for a run that fails: the report says `failed` and why.
 */
export async function executeRun(options: ExecuteOptions): Promise<RunReport> {
  return new Execution(options).run();
}

class Execution {
  readonly #o: ExecuteOptions;
  readonly #clock: Clock;
  readonly #progress: RunProgress;
  readonly #startedAt: number;
  readonly #startedMonotonic: number;
  readonly #stop: AbortSignal;
  readonly #databases: RunDatabases;
  readonly #quality: RunQuality;
  readonly #profile: RunProfile;
  readonly #objects: DestinationObjects;
  readonly #steps: StepListener | undefined;
  readonly #status: SourceStatus;
  readonly #endless: boolean;
  #run: string;
  #attempt = 0n;
  #resumed = false;
  /** Checkpoints of the run before are forgotten, as with `--full`. */
  #afresh = false;

  constructor(options: ExecuteOptions) {
    this.#o = options;
    this.#clock = options.clock ?? systemClock;
    this.#objects = new DestinationObjects(options.pipeline.destination, (objects) =>
      this.#progress.tell({ type: "objects", objects }),
    );
    this.#progress = new RunProgress((event) => {
      try {
        options.observe?.(event);
      } finally {
        this.#objects.observe(event);
      }
    });
    this.#steps = safeSteps(options.steps);
    this.#startedAt = this.#clock.now();
    this.#startedMonotonic = this.#clock.monotonic();
    this.#stop = options.signal ?? new AbortController().signal;
    this.#run = options.run;
    this.#databases = new RunDatabases({
      connectors: options.databases ?? {},
      environment: options.environment,
      clock: this.#clock,
      tell: (record) => this.#progress.tell({ type: "statement", ...record }),
    });
    this.#profile = new RunProfile(this.#clock, (calls) => this.#progress.tell({ type: "functions", calls }));
    this.#status = new SourceStatus(this.#clock, (kind, status) =>
      this.#progress.tell({ type: "status", kind, status }),
    );
    const { source } = options.pipeline;
    this.#endless = typeof source !== "function" && source.endless === true;
    this.#quality = new RunQuality({
      pipeline: options.pipeline,
      clock: this.#clock,
      endless: this.#endless,
      dryRun: options.dryRun ?? false,
      limited:
        options.limit !== undefined ||
        options.since !== undefined ||
        options.partition !== undefined ||
        options.reprocess !== undefined,
      history: options.history,
      tell: (result) => this.#progress.quality(result),
      log: (message) => this.#progress.tell({ type: "log", level: "warn", message }),
    });
  }

  run(): Promise<RunReport> {
    return inProfile(this.#profile, () => this.#carryOut());
  }

  async #carryOut(): Promise<RunReport> {
    let destination: Destination | undefined;
    try {
      // What a schema makes of them is for the code that it is written beside, which knows their types.
      const params = (await checkParams(this.#o.pipeline, this.#o.params)) as Readonly<
        Record<string, string>
      >;
      destination = await this.#o.pipeline.destination.destination(this.#o.environment);
      if (this.#o.dryRun !== true) this.#objects.location = destination.location;
      this.#checkDestination(destination);
      this.#quality.open(destination);
      return this.#report(await this.#attempts(destination, params));
    } catch (error) {
      return this.#report(
        "failed",
        asMillraceError(error, "MLR_INTERNAL", `pipeline "${this.#o.pipeline.name}"`),
      );
    } finally {
      await this.#closeSource();
      await this.#o.ending?.(this.#databases.connected).catch(() => undefined);
      await this.#databases.close();
      await destination?.close().catch(() => undefined);
    }
  }

  async #attempts(destination: Destination, params: Readonly<Record<string, string>>): Promise<RunStatus> {
    const retry = { ...RETRY, ...(this.#endless ? ENDLESS_RETRY : {}), ...this.#o.pipeline.retry };
    for (let failures = 0, attempt = 1; ; attempt++) {
      const commitsBefore = this.#progress.commits;
      try {
        return await asStep(this.#steps, { kind: "attempt", facts: { attempt } }, () =>
          this.#once(destination, params),
        );
      } catch (caught) {
        const error = asMillraceError(caught, "MLR_INTERNAL", `pipeline "${this.#o.pipeline.name}"`);
        if (error.code === "MLR_RUN_STOPPED") return "stopped";
        failures = this.#progress.commits > commitsBefore ? 1 : failures + 1;
        if (
          error.retry === "never" ||
          this.#o.dryRun === true ||
          failures >= retry.attempts ||
          this.#stop.aborted
        )
          throw error;
        const delayMs = backoff(retry, failures);
        this.#progress.tell({
          type: "retrying",
          attempt: failures + 1,
          delayMs,
          error: { code: error.code, message: error.message },
        });
        await this.#clock.sleep(delayMs, this.#stop);
        if (this.#stop.aborted) return "stopped";
      }
    }
  }

  async #once(destination: Destination, params: Readonly<Record<string, string>>): Promise<RunStatus> {
    const { pipeline } = this.#o;
    const opening = { kind: "open", facts: { destination: destination.kind } } as const;
    const session = await asStep(this.#steps, opening, () => this.#openAfresh(destination));
    try {
      const left = session.recovered.run;
      this.#quality.begin(session.recovered.lastCommit);
      const first = this.#run === this.#o.run && !this.#resumed;
      // An earlier attempt of this run finished it, and only the news of it was lost.
      if (left?.id === this.#run && left.finished) {
        this.#progress.recovered(session, true);
        return "succeeded";
      }
      if (left !== undefined && !left.finished && !this.#full && this.#o.dryRun !== true) {
        this.#resumed ||= left.id !== this.#run;
        this.#run = left.id;
      }
      this.#progress.recovered(session, left?.id === this.#run);
      if (first) this.#tellStarted();
      const source = this.#source(destination);
      const outcome = await runAttempt({
        pipeline,
        source,
        destination,
        session,
        run: this.#run,
        attempt: this.#attempt,
        startedAt: this.#startedAt,
        full: this.#full,
        since: this.#o.since,
        limit: this.#o.limit,
        partition: this.#o.partition,
        reprocess: this.#o.reprocess !== undefined,
        params,
        codeVersion: this.#o.codeVersion,
        documents: this.#o.documents,
        dryRun: this.#o.dryRun ?? false,
        environment: this.#o.environment,
        stop: this.#stop,
        lost: this.#o.lost,
        limits: {
          ...LIMITS,
          ...(source.endless === true ? { seconds: ENDLESS_SECONDS } : {}),
          ...pipeline.commit,
        },
        progress: this.#progress,
        status: this.#status,
        quality: this.#quality,
        steps: this.#steps,
        databases: this.#databases,
        clock: this.#clock,
      });
      return outcome === "finished" ? "succeeded" : "stopped";
    } finally {
      // Whatever has to be known of the session is known; failing to close it must not hide why it ended.
      await session.close().catch(() => undefined);
    }
  }

  /** A snapshot is a whole reading of its own: nothing of what a finished run before it had read is left out. */
  async #openAfresh(destination: Destination): Promise<Session> {
    const session = await this.#open(destination);
    const { run, openEpochs, checkpoints } = session.recovered;
    const fresh = run?.finished === true && run.id !== this.#run && openEpochs.length === 0;
    if (!fresh || checkpoints.size === 0 || !takesSnapshots(this.#o.pipeline)) return session;
    await session.close();
    this.#afresh = true;
    return this.#open(destination);
  }

  /** `--full` forgets once: a later attempt of the same run continues from what the earlier one committed. */
  get #full(): boolean {
    return (this.#o.full === true || this.#afresh) && this.#progress.commits === 0;
  }

  async #open(destination: Destination): Promise<Session> {
    const dryRun = this.#o.dryRun ?? false;
    const open = (): Promise<Session> =>
      destination.open(
        { ...this.#names, attempt: this.#attempt, run: this.#run },
        { dryRun, full: this.#full, signal: this.#stop },
      );
    if (dryRun) return open();
    this.#attempt = await this.#o.attempts.next();
    try {
      return await open();
    } catch (error) {
      // A new control database does not know how far an older one had counted; the holder of the lease may go past it.
      const stored =
        error instanceof MillraceError && error.code === "MLR_FENCED" ? error.details["attempt"] : undefined;
      if (typeof stored !== "string") throw error;
      this.#attempt = await this.#o.attempts.next(BigInt(stored));
      return open();
    }
  }

  #source(destination: Destination): Source {
    const { pipeline, reprocess } = this.#o;
    if (reprocess === undefined) return sourceOf(pipeline);
    return refusedSource({
      destination,
      pipeline: pipeline.name,
      run: this.#run,
      modes: tableModes(pipeline),
      request: reprocess,
    });
  }

  /** A partition has a state of its own; the tables are the pipeline's. No pipeline's name has an @. */
  get #names(): Pick<Owner, "pipeline" | "tablesOf"> {
    const { pipeline, partition, reprocess } = this.#o;
    const part = reprocess === undefined ? partition?.name : REPROCESS_PARTITION;
    if (part === undefined) return { pipeline: pipeline.name };
    return { pipeline: `${pipeline.name}@${part}`, tablesOf: pipeline.name };
  }

  #tellStarted(): void {
    this.#progress.tell({
      type: "started",
      run: this.#run,
      pipeline: this.#o.pipeline.name,
      attempt: this.#attempt,
      resumed: this.#resumed,
      at: this.#startedAt,
    });
  }

  #checkDestination(destination: Destination): void {
    if (this.#o.partition !== undefined) checkPartition(this.#o.pipeline, destination);
    if (this.#o.reprocess !== undefined) checkReprocess(this.#o.pipeline, destination);
    if (this.#o.dryRun === true && !destination.capabilities.dryRun) {
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `${destination.kind} cannot tell what a run would do without doing it`,
        { hint: "Point the pipeline at another table, and run it there with --limit." },
      );
    }
  }

  /** What it kept from one reading to the next; how it ended is known, and failing to close it changes nothing of that. */
  async #closeSource(): Promise<void> {
    const { source } = this.#o.pipeline;
    if (typeof source !== "function" && this.#o.reprocess === undefined) {
      try {
        await source.close?.();
      } catch (error) {
        this.#progress.tell({
          type: "log",
          level: "warn",
          message: `closing the source failed: ${String(error)}`,
        });
      }
    }
    this.#status.close();
  }

  #report(status: RunStatus, thrown?: MillraceError): RunReport {
    this.#profile.close();
    const error = redactor.error(thrown);
    const durationMs = Math.round(this.#clock.monotonic() - this.#startedMonotonic);
    const report: RunReport = {
      run: this.#run,
      pipeline: this.#o.pipeline.name,
      status,
      startedAt: new Date(this.#startedAt).toISOString(),
      durationMs,
      attempt: String(this.#attempt),
      resumed: this.#resumed,
      tables: this.#progress.totals,
      checkpoint: redactor.value(this.#progress.checkpoint),
      withheld: this.#progress.withheld,
      ...(this.#progress.snapshots === undefined ? {} : { snapshots: this.#progress.snapshots }),
      ...(this.#progress.qualityResults.length === 0 ? {} : { quality: this.#progress.qualityResults }),
      ...(error === undefined ? {} : { error: error.toJSON() }),
      ...(this.#o.dryRun === true
        ? { plan: { changes: this.#progress.changes, sample: this.#progress.sample } }
        : {}),
    };
    this.#progress.tell({ type: "finished", status, durationMs, ...(error === undefined ? {} : { error }) });
    return report;
  }
}

/** Not where rows are appended besides, which must not come twice, and not of a source that goes on for ever. */
function takesSnapshots(pipeline: Pipeline): boolean {
  const modes = tableModes(pipeline);
  return modes.includes("snapshot") && !modes.includes("append") && sourceOf(pipeline).endless !== true;
}

/** Doubles with each failure, plus or minus half at random so that many do not come back at the same moment. */
function backoff(policy: RetryPolicy, failures: number): number {
  const base = Math.min(policy.maxDelayMs, policy.delayMs * 2 ** (failures - 1));
  return Math.round(base * (0.5 + Math.random()));
}
