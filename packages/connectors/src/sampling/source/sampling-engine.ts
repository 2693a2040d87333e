import {
  MillraceError,
  parseOptions,
  type Clock,
  type Json,
  type ReadContext,
  type SourceCommand,
} from "@millrace/core";
import path from "node:path";
import { z } from "zod";
import { Journal } from "../../shared/journal/journal.ts";
import type { SampleBatch } from "../../shared/sampling/index.ts";
import type { ContextInput } from "../collector/context-options.ts";
import { SamplingCollector } from "../collector/sampling-collector.ts";
import type { ResolvedSamplingOptions } from "../options.ts";
import { loadPlan } from "../plan/load-plan.ts";
import type { Plan } from "../plan/plan-options.ts";
import { Alarms } from "../process/alarms.ts";
import { ExceptionReport } from "../process/exception-report.ts";
import { Windows, type WindowSummary } from "../process/windows.ts";
import { LiveValues } from "./live-values.ts";
import { sampleRows, windowRow } from "./rows.ts";
import { SpooledBacklog, type BacklogState } from "./spooled-backlog.ts";
import { SAMPLES, WINDOWS } from "./streams.ts";

const STATUS_MS = 1_000;
/** Rows that are enough to be passed on at once. */
const GATHER_ROWS = 1_000;

/** What samples behind a source: it outlives single readings, so that nothing is missed while the destination is away. */
export class SamplingEngine {
  readonly backlog: SpooledBacklog;
  /** Of the latest reading: who watches may change. */
  context: ReadContext;
  readonly #o: ResolvedSamplingOptions;
  readonly #clock: Clock;
  readonly #collector: SamplingCollector;
  readonly #live: LiveValues;
  readonly #report: ExceptionReport | undefined;
  readonly #windows: Windows | undefined;
  readonly #alarms: Alarms;
  readonly #contexts: readonly ContextInput[];
  readonly #closing = new AbortController();
  #gathered = Promise.withResolvers<void>();
  #waiting = 0;
  #ended = false;
  #closed: Promise<void> | undefined;
  #ticking: Promise<unknown> | undefined;

  /** Loads the plan and starts all contexts. Fails as these do. */
  static async start(
    options: ResolvedSamplingOptions,
    context: ReadContext,
    given: { readonly clock: Clock; readonly committed: BacklogState | undefined },
  ): Promise<SamplingEngine> {
    const { clock, committed } = given;
    const plan = await loadPlan(options.plan, { ...accessOf(context), clock });
    const { fsync, maxBytes, directory } = options.journal;
    const folder =
      directory === undefined ? defaultFolder(context) : path.resolve(context.directory, directory);
    const journal = await Journal.open({ directory: folder, fsync, maxBytes, clock });
    const backlog = await SpooledBacklog.open(
      {
        journal,
        memoryRows: options.memorySamples,
        onDrop: (rows) =>
          context.log(
            "warn",
            `${rows} rows were given up: the destination is away, and the journal is full`,
            { rows },
          ),
        onError: (error) => context.log("warn", `the journal cannot be written: ${String(error)}`),
      },
      committed,
    );
    const engine = new SamplingEngine({ options, context, clock, plan, backlog });
    try {
      await engine.#start();
    } catch (error) {
      await engine.close();
      throw error;
    }
    return engine;
  }

  private constructor(given: {
    readonly options: ResolvedSamplingOptions;
    readonly context: ReadContext;
    readonly clock: Clock;
    readonly plan: Plan;
    readonly backlog: SpooledBacklog;
  }) {
    const { options, context, clock, plan } = given;
    this.#o = options;
    this.#clock = clock;
    this.context = context;
    this.backlog = given.backlog;
    this.#report = options.onChange === undefined ? undefined : new ExceptionReport(options.onChange);
    this.#windows = options.aggregate === undefined ? undefined : new Windows(options.aggregate);
    this.#alarms = new Alarms(options.alarms);
    const { intervalMs, minIntervalMs, durationSeconds } = options;
    const only = { id: 1, name: context.pipeline ?? "sampling", plan, minIntervalMs, durationSeconds };
    this.#contexts = options.contexts?.map((each) => ({ ...each, plan: each.plan ?? plan })) ?? [
      { ...only, defaultIntervalMs: intervalMs },
    ];
    this.#collector = new SamplingCollector({
      readers: options.readers,
      writers: options.writers,
      listeners: [{ onSample: (batch) => this.#take(batch) }, ...options.listeners],
      logger: (level, message) => this.context.log(level, message),
      everyTick: options.everyTick,
      readTimeoutMs: options.readTimeoutMs,
      directory: context.directory,
      access: accessOf(context),
      clock,
    });
    this.#live = new LiveValues(this.#collector, clock);
  }

  /** All contexts have ended. */
  get ended(): boolean {
    return this.#ended;
  }

  /** Resolves when there is something to pass on, or after a while. */
  async gathered(ms: number, signal: AbortSignal): Promise<void> {
    const enough = new AbortController();
    const stop = (): void => enough.abort();
    signal.addEventListener("abort", stop, { once: true });
    await Promise.race([this.#gathered.promise, this.#clock.sleep(ms, enough.signal)]);
    signal.removeEventListener("abort", stop);
    enough.abort();
    this.#waiting = 0;
    this.#gathered = Promise.withResolvers<void>();
  }

  /** Carries out `pause`, `resume`, `stop` and `start` of a context. */
  async control({ name, args }: SourceCommand): Promise<Json> {
    const act = ACTIONS.find((action) => action === name);
    if (act === undefined) {
      throw new MillraceError("MLR_ARGUMENT_INVALID", `sampling knows no command "${name}"`, {
        hint: `Its commands: ${ACTIONS.join(", ")}; each takes { "context": <id> }.`,
      });
    }
    const { context } = parseOptions(commandArgs, args, `command ${name}`);
    switch (act) {
      case "startContext":
        await this.#collector.start(this.#definition(context));
        this.#ended = false;
        break;
      case "pauseContext":
        await this.#collector.pause(context);
        break;
      case "resumeContext":
        await this.#collector.resume(context);
        break;
      case "stopContext":
        await this.#collector.stop(context);
        break;
    }
    this.#tell();
    return { context, done: act };
  }

  /** Stops everything. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort();
    await this.#ticking;
    await this.#collector.close();
    await this.backlog.close();
  }

  async #start(): Promise<void> {
    for (const context of this.#contexts) await this.#collector.start(context);
    void this.#collector.ended().then(() => {
      this.#land(WINDOWS, this.#windows?.close() ?? []);
      this.#ended = true;
      this.#gathered.resolve();
    });
    this.#ticking = Promise.all([this.#tick(), this.#spool()]);
  }

  #definition(id: number): ContextInput {
    const known = this.#contexts.find((context) => context.id === id);
    if (known !== undefined) return known;
    const ids = this.#contexts.map((context) => context.id).join(", ");
    throw new MillraceError("MLR_ARGUMENT_INVALID", `this pipeline has no context ${id}`, {
      hint: `Its contexts: ${ids}.`,
    });
  }

  #take(batch: SampleBatch): void {
    for (const alarm of this.#alarms.look(batch)) {
      const { name, severity, message, level } = alarm;
      this.context.log(level === undefined ? "info" : "warn", message, {
        alarm: name,
        variable: alarm.variable,
      });
      this.context.alarm?.({ alarm: name, severity, message, over: level === undefined });
    }
    if (this.#windows !== undefined) this.#land(WINDOWS, this.#windows.add(batch));
    if (this.#windows !== undefined && this.#o.aggregate?.keepSamples !== true) return;
    const reported = this.#report === undefined ? batch : this.#report.apply(batch);
    if (reported === undefined) return;
    this.#append(SAMPLES, sampleRows(reported, this.#o.names));
  }

  #land(stream: string, windows: readonly WindowSummary[]): void {
    if (windows.length > 0)
      this.#append(
        stream,
        windows.map((window) => windowRow(window, this.#o.names)),
      );
  }

  #append(stream: string, rows: ReturnType<typeof sampleRows>): void {
    this.backlog.append(stream, rows, this.#clock.monotonic());
    this.#waiting += rows.length;
    if (this.#waiting >= GATHER_ROWS) this.#gathered.resolve();
  }

  async #tick(): Promise<void> {
    while (!this.#closing.signal.aborted) {
      await this.#clock.sleep(STATUS_MS, this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      this.#land(WINDOWS, this.#windows?.close(this.#collector.now) ?? []);
      this.#live.look();
      this.#tell();
    }
  }

  #tell(): void {
    if (this.context.status === undefined) return;
    const status = {
      ...this.#collector.status(),
      view: this.#live.values(),
      waitingRows: this.backlog.rows,
      entriesOnDisk: this.backlog.entriesOnDisk,
      droppedRows: this.backlog.dropped,
      activeAlarms: this.#alarms.active,
    };
    this.context.status("sampling", JSON.parse(JSON.stringify(status)) as Json);
  }

  /** Writes to the disk what the destination did not take within about a flush interval. */
  async #spool(): Promise<void> {
    const { flushMs } = this.#o;
    while (!this.#closing.signal.aborted) {
      await this.#clock.sleep(flushMs / 2, this.#closing.signal);
      this.backlog.spoolOlder(this.#clock.monotonic() - 1.5 * flushMs);
    }
  }
}

function defaultFolder({ directory, dataDirectory, pipeline }: ReadContext): string {
  return path.join(dataDirectory ?? path.join(directory, ".millrace"), "sampling", pipeline ?? "sampling");
}

const ACTIONS = ["pauseContext", "resumeContext", "stopContext", "startContext"] as const;
const commandArgs = z.strictObject({ context: z.number().int() });

function accessOf(context: ReadContext): {
  readonly directory: string;
  readonly database: ReadContext["database"];
  readonly secret: ReadContext["secret"];
  readonly log: (level: "debug" | "info" | "warn", message: string) => void;
} {
  const { setting } = context;
  return {
    directory: context.directory,
    database: (from) => context.database(from),
    secret: (name) => context.secret(name),
    ...(setting === undefined ? {} : { setting: (name: string) => setting.call(context, name) }),
    log: (level, message) => context.log(level, message),
  };
}
