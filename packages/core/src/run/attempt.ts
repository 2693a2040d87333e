import type { DatabaseAccess } from "../database/database-access.ts";
import type { Clock } from "../clock.ts";
import { addCounts, zeroCounts } from "../counts.ts";
import type { Destination, Session } from "../destination.ts";
import type { DocumentLedger } from "../document-ledger.ts";
import { MillraceError } from "../errors.ts";
import type { Json } from "../json.ts";
import type { Message } from "../message.ts";
import type { CommitLimits, Pipeline } from "../pipeline.ts";
import type { RunQuality } from "../quality/run-quality.ts";
import { RowHashing } from "../hash/row-hashing.ts";
import type { ReadContext, RunPartition, Source } from "../source.ts";
import { lendSecrets } from "../secret.ts";
import type { Environment } from "../target.ts";
import { CommitWindow } from "./commit-window.ts";
import { HashedSession } from "./hashed-session.ts";
import { Intake, type Arrival } from "./intake.ts";
import { type CommitAhead, Landing } from "./landing.ts";
import type { RunProgress } from "./progress.ts";
import type { SourceStatus } from "./source-status.ts";
import { asStep, type StepListener } from "./run-steps.ts";
import { requireIterable } from "./require-iterable.ts";
import { tableModes } from "./table-modes.ts";
import { TableRouter } from "./table-router.ts";
import { TransformChain } from "./transform-chain.ts";

/** After the wish to stop, how long a source may take to its next checkpoint. */
const STOP_GRACE_MS = 10_000;
/** How long a source may take to clean up before the run goes on without it. */
const CLOSE_GRACE_MS = 5_000;

/** What an attempt works with. */
export interface AttemptOptions {
  readonly pipeline: Pipeline;
  readonly source: Source;
  readonly destination: Destination;
  readonly session: Session;
  readonly run: string;
  readonly attempt: bigint;
  /** When the run started, in ms since 1970: it belongs to the snapshots that were current then. */
  readonly startedAt: number;
  readonly full: boolean;
  readonly since: string | undefined;
  readonly limit: number | undefined;
  readonly partition: RunPartition | undefined;
  /** The source is the quarantine. */
  readonly reprocess: boolean;
  readonly params: Readonly<Record<string, string>>;
  readonly codeVersion: string | undefined;
  readonly documents: DocumentLedger | undefined;
  readonly dryRun: boolean;
  readonly environment: Environment;
  /** Wish to stop. */
  readonly stop: AbortSignal;
  /** The right to write is lost. */
  readonly lost: AbortSignal | undefined;
  readonly limits: CommitLimits;
  readonly progress: RunProgress;
  /** Where the source says how it does. */
  readonly status: SourceStatus;
  readonly quality: RunQuality;
  /** Is told how long parts take; undefined: nobody wants to know. */
  readonly steps: StepListener | undefined;
  readonly databases: DatabaseAccess;
  readonly clock: Clock;
}

/** One attempt: reads the source from the recovered state to its end, or until it is stopped. Throws when it fails. */
export async function runAttempt(options: AttemptOptions): Promise<"finished" | "stopped"> {
  const attempt = new Attempt(options);
  try {
    return await attempt.consume();
  } finally {
    await attempt.close();
  }
}

class Attempt {
  readonly #o: AttemptOptions;
  readonly #ending = new AbortController();
  readonly #window: CommitWindow;
  readonly #chain: TransformChain;
  readonly #hashing = new RowHashing();
  readonly #landing: Landing;
  readonly #intake: Intake;
  readonly #limited: boolean;
  #stopSince: number | undefined;
  #limitReached = false;
  #sourceEnded = false;

  constructor(options: AttemptOptions) {
    this.#o = options;
    const { pipeline, progress, clock, destination } = options;
    const session = new HashedSession(options.session);
    const signal = AbortSignal.any([options.stop, this.#ending.signal]);
    this.#limited = options.limit !== undefined || options.since !== undefined;
    this.#window = new CommitWindow(options.limits, clock);
    this.#chain = new TransformChain(pipeline.transforms ?? [], {
      signal: this.#ending.signal,
      databases: options.databases,
      secrets: lendSecrets(options.environment),
      steps: options.steps,
    });
    let sequence = 0;
    const router = new TableRouter({
      pipeline,
      session,
      hashing: this.#hashing,
      capabilities: destination.capabilities,
      context: {
        session,
        run: options.run,
        maxIdentifierBytes: destination.capabilities.identifiers.maxBytes,
        nextSequence: () => ++sequence,
        nowMs: () => clock.now(),
        quality: options.quality,
        onSchema: (changes) => {
          options.quality.schema(changes);
          progress.schema(changes);
        },
      },
    });
    this.#landing = new Landing({
      session,
      router,
      window: this.#window,
      epochPrefix: String(options.attempt),
      readingTime: () => (options.source.endless === true ? clock.now() : options.startedAt),
      sequence: () => sequence,
      baseTaints: [
        ...(options.limit === undefined ? [] : ["the run was limited with --limit"]),
        ...(options.since === undefined ? [] : ["the run was limited with --since"]),
      ],
      wholeTaints:
        options.partition === undefined
          ? []
          : [
              `the run was of partition ${options.partition.name}, and only scopes that it declares may lose rows`,
            ],
      mixed: this.#chain.holds,
      pipeline: pipeline.name,
      reprocess: options.reprocess,
      onRejected: (table, rejected) => {
        const first = rejected[0];
        if (first === undefined) return;
        progress.tell({
          type: "rejected",
          table,
          code: first.code,
          message: first.message,
          rows: rejected.length,
        });
      },
    });
    this.#intake = new Intake({
      messages: requireIterable(options.source.read(this.#readContext(signal)), pipeline.name),
      chain: this.#chain,
      limit: options.limit,
      steps: options.steps,
    });
  }

  async consume(): Promise<"finished" | "stopped"> {
    this.#intake.start();
    for (;;) {
      if (this.#o.lost?.aborted === true) throw leaseLost(this.#o.pipeline.name);
      if (this.#o.stop.aborted) {
        const stopped = await this.#tryStop();
        if (stopped) return this.#o.source.endless === true ? "finished" : "stopped";
      } else if (this.#mayCommit && this.#window.full) {
        await this.#commit(false);
      }
      const arrival = this.#intake.take();
      if (arrival === undefined) await this.#wait();
      else if (await this.#handle(arrival)) return "finished";
    }
  }

  async close(): Promise<void> {
    this.#ending.abort();
    const enough = new AbortController();
    await Promise.race([this.#intake.stop(), this.#o.clock.sleep(CLOSE_GRACE_MS, enough.signal)]);
    enough.abort();
    await this.#chain.close();
    await this.#landing.close();
    await this.#hashing.close();
  }

  /** A dry run looks at everything at once; transforms that hold an epoch keep it whole. */
  get #mayCommit(): boolean {
    if (!this.#landing.clean || this.#o.dryRun) return false;
    // Rows must not leave the quarantine while a transform still keeps what was made of them.
    if (this.#o.reprocess && this.#chain.holdsEpoch) return false;
    return !(this.#chain.holdsEpoch && this.#landing.hasOpenEpochs);
  }

  /** True when the run is over. */
  async #handle(arrival: Arrival): Promise<boolean> {
    switch (arrival.kind) {
      case "failed":
        throw arrival.error;
      case "limit":
        this.#limitReached = true;
        this.#landing.taintAll("the run was limited with --limit");
        return false;
      case "end":
        if (this.#o.stop.aborted && !this.#landing.clean) {
          this.#sourceEnded = true;
          return false;
        }
        await this.#landing.end(await arrival.out);
        await this.#commit(true);
        return true;
      case "message":
        await this.#message(arrival);
        return false;
    }
  }

  async #message(arrival: Extract<Arrival, { kind: "message" }>): Promise<void> {
    const landing = this.#landing;
    const { message, made } = arrival;
    const out = arrival.out === undefined ? undefined : await arrival.out;
    switch (message.type) {
      case "rows":
        await this.#writing(message, message.rows.length, () =>
          landing.rows(message, out ?? { batches: [], rejected: [] }),
        );
        return this.#o.progress.rows(message.rows.length + (message.rejected?.length ?? 0));
      case "encoded":
        await this.#writing(message, message.encoded.count, () => landing.encoded(message));
        return this.#o.progress.rows(message.encoded.count);
      case "checkpoint":
        await landing.released(message.slice, out);
        // A limited run did not read all that lies before a checkpoint, so none may be kept.
        if (!this.#limitReached) await landing.checkpoint(message);
        return;
      case "begin":
        await landing.released("", out);
        return landing.begin(message);
      case "complete":
        await landing.released("", out);
        return landing.complete(message, made ?? []);
      case "schema":
        return landing.declare(message.stream);
      case "unchanged":
        return landing.unchanged(message);
      case "progress":
        return this.#progress(message);
    }
  }

  #writing(
    { stream, slice }: { readonly stream: string; readonly slice: string },
    rows: number,
    write: () => Promise<void>,
  ): Promise<void> {
    const { steps, destination } = this.#o;
    if (steps === undefined) return write();
    return asStep(
      steps,
      { kind: "write", facts: { stream, slice, rows, destination: destination.kind } },
      write,
    );
  }

  #progress({ bytes, totalBytes, totalRows, throttledMs }: Extract<Message, { type: "progress" }>): void {
    this.#o.progress.source({
      ...(bytes === undefined ? {} : { bytes }),
      ...(totalBytes === undefined ? {} : { totalBytes }),
      ...(totalRows === undefined ? {} : { totalRows }),
      ...(throttledMs === undefined ? {} : { throttledMs }),
    });
  }

  /** Waits for the source, the time limit of the commit, the wish to stop or the loss of the lease. */
  async #wait(): Promise<void> {
    const { clock, stop, lost } = this.#o;
    const wake = new AbortController();
    const signals = [wake.signal, ...(stop.aborted ? [] : [stop]), ...(lost === undefined ? [] : [lost])];
    const due = stop.aborted ? STOP_GRACE_MS : this.#mayCommit ? this.#window.dueInMs : undefined;
    const timer = clock.sleep(due ?? 60_000, AbortSignal.any(signals));
    await Promise.race([this.#intake.ready(), timer]);
    wake.abort();
  }

  /** True when the run may end here: at a checkpoint, or where none can be expected. */
  async #tryStop(): Promise<boolean> {
    this.#stopSince ??= this.#o.clock.monotonic();
    if (this.#o.dryRun) return true;
    if (this.#landing.clean) {
      await this.#commit(this.#o.source.endless === true);
      return true;
    }
    if (this.#sourceEnded || !this.#intake.checkpointSeen) return true;
    return this.#o.clock.monotonic() - this.#stopSince >= STOP_GRACE_MS;
  }

  async #commit(final: boolean): Promise<void> {
    const { progress, source, quality, steps, destination } = this.#o;
    const judge = (commit: CommitAhead): ReturnType<RunQuality["beforeCommit"]> =>
      quality.beforeCommit({
        ...commit,
        final,
        counts: (table) =>
          addCounts({ ...zeroCounts(), ...progress.totals[table] }, commit.counts[table] ?? {}),
      });
    const { result, receipts, checkpoints } = await asStep(
      steps,
      { kind: "commit", facts: { final, destination: destination.kind } },
      () =>
        this.#landing.commit(final, (commit) =>
          this.#o.pipeline.quality === undefined
            ? judge(commit)
            : asStep(steps, { kind: "quality" }, () => judge(commit)),
        ),
      (committed) => ({ commit: committed.result.id }),
    );
    progress.committed(result, checkpoints);
    quality.committed();
    if (receipts.length === 0) return;
    try {
      source.committed?.(receipts);
    } catch (error) {
      // What is committed stays committed; the source hears of it again after a restart.
      progress.tell({
        type: "log",
        level: "warn",
        message: `the source failed to take a receipt: ${String(error)}`,
      });
    }
  }

  /** Rows that are compared, changed or looked at one by one are wanted as rows. */
  #encodings(): readonly string[] {
    const { pipeline, destination, dryRun, limit, quality } = this.#o;
    const passes =
      this.#chain.isEmpty &&
      !quality.looksAtRows &&
      limit === undefined &&
      !dryRun &&
      tableModes(pipeline).every((mode) => mode === "append" || mode === "replace");
    return passes ? (destination.capabilities.encodings ?? []) : [];
  }

  #readContext(signal: AbortSignal): ReadContext {
    const { session, pipeline, progress, environment } = this.#o;
    return {
      checkpoints: session.recovered.checkpoints,
      openEpochs: this.#limited ? [] : session.recovered.openEpochs,
      signal,
      full: this.#o.full,
      pipeline: pipeline.name,
      status: (kind, status) => this.#o.status.tell(kind, status),
      file: (file) => progress.tell({ type: "file", file }),
      alarm: (alarm) => progress.tell({ type: "alarm", ...alarm }),
      directory: environment.directory,
      ...(environment.dataDirectory === undefined ? {} : { dataDirectory: environment.dataDirectory }),
      ...(environment.setting === undefined ? {} : { setting: environment.setting.bind(environment) }),
      ...(this.#o.since === undefined ? {} : { since: this.#o.since }),
      ...(this.#o.limit === undefined ? {} : { limit: this.#o.limit }),
      ...(this.#o.codeVersion === undefined ? {} : { codeVersion: this.#o.codeVersion }),
      ...(this.#o.documents === undefined ? {} : { documents: this.#o.documents }),
      ...(this.#o.partition === undefined ? {} : { partition: this.#o.partition }),
      wants: wantsEverything(pipeline) ? "everything" : "news",
      encodings: this.#encodings(),
      idempotent: tableModes(pipeline).every((mode) => mode !== "append"),
      params: this.#o.params,
      database: (from) => this.#o.databases.database(from),
      ...lendSecrets(environment),
      log: (level, message, details?: Record<string, Json>) =>
        progress.tell({ type: "log", level, message, ...(details === undefined ? {} : { details }) }),
    };
  }
}

/** Appending and upserting add to a table; the other modes compare with all that it holds. */
function wantsEverything(pipeline: Pipeline): boolean {
  return tableModes(pipeline).some((mode) => mode !== "append" && mode !== "upsert");
}

function leaseLost(pipeline: string): MillraceError {
  return new MillraceError(
    "MLR_LEASE_LOST",
    `pipeline "${pipeline}" lost its lease, and another run may have taken over`,
    {
      hint: "What was committed stays. Look with `millrace runs` for the run that goes on.",
    },
  );
}
