import { MillraceError, parseOptions, systemClock, type Clock } from "@millrace/core";
import type {
  ReaderContext,
  Sample,
  SampleBatch,
  SamplingReader,
  Variable,
} from "../../shared/sampling/index.ts";
import { planOptions, type Plan } from "../plan/plan-options.ts";
import { Grid } from "../schedule/grid.ts";
import { Scheduler } from "../schedule/scheduler.ts";
import type { SamplingCollectorOptions } from "./collector-options.ts";
import { contextOptions, type ContextDefinition, type ContextInput } from "./context-options.ts";
import { Listeners, type ContextInfo, type SamplingListener } from "./listener.ts";
import { ReadingTask } from "./reading-task.ts";
import { RunningContext } from "./running-context.ts";
import type { SamplingStatus } from "./sampling-status.ts";
import { Spread } from "./spread.ts";
import { TaskTable } from "./task-table.ts";
import type { TaskWant } from "./task-want.ts";
import type { VariableState } from "./variable-state.ts";
import { WriterQueue } from "./writer-queue.ts";

const READ_TIMEOUT_MS = 30_000;
const QUEUE_SAMPLES = 1_000_000;
/** How long closing waits for readings that go on. */
const CLOSE_GRACE_MS = 2_000;

/** A variable as it was read last. */
export interface VariableView {
  readonly variable: Variable;
  /** How often it was read. */
  readonly reads: number;
  readonly last: Sample | undefined;
  /** The intervals at which running contexts want it. */
  readonly intervalsMs: readonly number[];
}

/**
 * Samples the variables of any number of contexts at their intervals. A variable that several contexts want is read once per
 * tick for all of them; each gets exactly the samples of its own interval. Who makes it closes it.
 * @example
 * const collector = new SamplingCollector({ readers: [modbus({ host: "10.0.0.5" })], writers: [csvFile({ folder: "samples" })] });
 * await collector.start({ id: 1, plan: { id: 1, variables: [{ id: 1, address: "holding:100", type: "int16", reader: "modbus" }] } });
 */
export class SamplingCollector {
  readonly #o: SamplingCollectorOptions;
  readonly #clock: Clock;
  readonly #grid: Grid;
  readonly #scheduler: Scheduler;
  readonly #listeners: Listeners;
  readonly #writers: readonly WriterQueue[];
  readonly #tasks: TaskTable;
  readonly #contexts = new Map<number, RunningContext>();
  readonly #opened = new Map<SamplingReader, Promise<void>>();
  readonly #ending = new Map<RunningContext, Promise<void>>();
  readonly #jitter = new Spread();
  #everyTick: readonly TaskWant[] = [];
  #closed: Promise<void> | undefined;

  /** Fails with MLR_ARGUMENT_INVALID where two readers have the same name. */
  constructor(options: SamplingCollectorOptions) {
    this.#o = options;
    this.#clock = options.clock ?? systemClock;
    this.#grid = new Grid(this.#clock);
    this.#scheduler = new Scheduler(this.#grid, (late) => this.#jitter.add(late));
    this.#listeners = new Listeners((event, error) =>
      this.#log("warn", `a listener failed at ${event}: ${String(error)}`),
    );
    for (const listener of options.listeners ?? []) this.#listeners.add(listener);
    this.#tasks = new TaskTable(options.readers, (reader, connection) => this.#task(reader, connection));
    const context = {
      ...(options.access?.secret === undefined ? {} : { secret: options.access.secret }),
      clock: this.#clock,
      directory: this.#directory,
      log: this.#log.bind(this),
    };
    this.#writers = (options.writers ?? []).map(
      (writer) =>
        new WriterQueue({
          writer,
          context,
          limit: options.queueSamples ?? QUEUE_SAMPLES,
          onError: (error) => this.#failed(error, { writer: writer.name }),
        }),
    );
  }

  /** Returns what takes the listener away again. */
  listen(listener: SamplingListener): () => void {
    return this.#listeners.add(listener);
  }

  /**
   * Starts a context, or the one that the repository has under this id: its first samples are those of the next tick. Fails
   * with MLR_ARGUMENT_INVALID where it runs already, where there is no such context, plan or reader, or an address is wrong.
   */
  async start(context: ContextInput | number): Promise<ContextInfo> {
    const definition = await this.#definition(context);
    const plan = await this.#plan(definition);
    this.#mustBeOpen();
    if (this.#contexts.has(definition.id)) {
      throw invalid(
        `context ${definition.id} is running already`,
        "Stop it first, or give the other an id of its own.",
      );
    }
    const running = new RunningContext(definition, plan, this.#grid.now());
    this.#check(running);
    this.#listeners.tell("beforeStart", running.info);
    this.#contexts.set(definition.id, running);
    this.#resume(running);
    if (running.endsAt !== undefined) {
      running.cancelEnd = this.#scheduler.at(running.endsAt, () => void this.#end(running));
    }
    this.#log("info", `${running.definition.name}: started with ${plan.variables.length} variables`);
    this.#listeners.tell("afterStart", running.info);
    return running.info;
  }

  /** No samples of ticks after now. Resolves when those until now are delivered. Fails with MLR_ARGUMENT_INVALID where it is not running. */
  async pause(id: number): Promise<void> {
    const running = this.#running(id, "running");
    this.#listeners.tell("beforePause", running.info);
    await this.#pause(running);
    this.#listeners.tell("afterPause", running.info);
  }

  /** Samples again from the next tick on; its end stays where it was. Fails with MLR_ARGUMENT_INVALID where it is not paused. */
  async resume(id: number): Promise<void> {
    const running = this.#running(id, "paused");
    this.#listeners.tell("beforeResume", running.info);
    running.state = "running";
    this.#resume(running);
    this.#listeners.tell("afterResume", running.info);
    return Promise.resolve();
  }

  /** Ends a context. Resolves when its samples until now are delivered. Fails with MLR_ARGUMENT_INVALID where there is none of this id. */
  async stop(id: number): Promise<void> {
    await this.#end(this.#running(id));
  }

  /** Stops all contexts, writes what waits and frees readers, writers and the timer. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Resolves when no context is left: each was stopped or has ended by itself. */
  async ended(): Promise<void> {
    while (this.#contexts.size > 0) {
      await new Promise<void>((resolve) => {
        const forget = this.listen({ afterStop: () => (forget(), resolve()) });
      });
    }
  }

  /** How everything is, for people and dashboards. */
  status(): SamplingStatus {
    return {
      contexts: [...this.#contexts.values()].map((context) => context.status()),
      readers: this.#tasks.entries.map(({ reader, connection, task, states }) => ({
        reader: reader.name,
        connection,
        variables: states.size,
        ...task.status(),
      })),
      connections: this.#o.readers.flatMap((reader) =>
        (reader.status?.() ?? []).map((status) => ({ reader: reader.name, ...status })),
      ),
      writers: this.#writers.map((writer) => writer.status()),
      jitterMs: this.#jitter.summary(),
      wallAheadMs: Math.round(this.#grid.wallAhead()),
    };
  }

  /** The first `limit` variables as they were read last, with the intervals that contexts want them at. */
  variables(limit: number): readonly VariableView[] {
    const intervals = new Map<VariableState, Set<number>>();
    for (const { wants } of this.#contexts.values())
      for (const [, { states, intervalMs }] of wants)
        for (const state of states.slice(0, limit))
          intervals.set(state, (intervals.get(state) ?? new Set<number>()).add(intervalMs));
    return [...intervals].slice(0, limit).map(([{ variable, reads, last }, wanted]) => ({
      variable,
      reads,
      last,
      intervalsMs: [...wanted].toSorted((a, b) => a - b),
    }));
  }

  /** The time that ticks are counted in, ms since 1970: it never goes back. */
  get now(): number {
    return this.#grid.now();
  }

  get #directory(): string {
    return this.#o.directory ?? process.cwd();
  }

  /** What readers and repositories may use. */
  get #access(): ReaderContext {
    return {
      ...this.#o.access,
      clock: this.#clock,
      directory: this.#directory,
      log: this.#log.bind(this),
    };
  }

  #task(reader: SamplingReader, connection: string): ReadingTask {
    return new ReadingTask({
      reader,
      connection,
      clock: this.#clock,
      timeoutMs: this.#o.readTimeoutMs ?? READ_TIMEOUT_MS,
      open: () => this.#open(reader),
      onError: (error) => this.#failed(error, { reader: reader.name }),
    });
  }

  /** Opens a reader once; where that fails, again at its next reading. */
  #open(reader: SamplingReader): Promise<void> {
    const known = this.#opened.get(reader);
    if (known !== undefined) return known;
    const opening = Promise.resolve(reader.open?.(this.#access));
    this.#opened.set(reader, opening);
    opening.catch(() => this.#opened.delete(reader));
    return opening;
  }

  async #definition(context: ContextInput | number): Promise<ContextDefinition> {
    const given =
      typeof context === "number" ? await this.#o.repository?.context(context, this.#access) : context;
    if (given === undefined) throw invalid(`there is no context ${String(context)}`, REPOSITORY);
    return parseOptions(contextOptions, given, "context");
  }

  async #plan({ plan }: ContextDefinition): Promise<Plan> {
    if (typeof plan !== "number") return plan;
    const found = await this.#o.repository?.plan(plan, this.#access);
    if (found === undefined) throw invalid(`there is no plan ${plan}`, REPOSITORY);
    return parseOptions(planOptions, found, `plan ${plan}`);
  }

  #check(context: RunningContext): void {
    for (const variable of context.plan.variables) {
      const { minIntervalMs = context.definition.minIntervalMs, name } = this.#tasks.readerOf(variable);
      const intervalMs = context.intervalOf(variable);
      if (intervalMs >= minIntervalMs) continue;
      throw invalid(
        `${context.definition.name}: variable ${variable.id} is wanted each ${intervalMs} ms, less than the minimum of ${minIntervalMs} ms`,
        `Raise its interval, or lower the minimum of the context or of the reader "${name}".`,
      );
    }
  }

  #mustBeOpen(): void {
    if (this.#closed !== undefined) throw invalid("the collector is closed", "Make a new one.");
  }

  #running(id: number, state?: "running" | "paused"): RunningContext {
    this.#mustBeOpen();
    const running = this.#contexts.get(id);
    if (running === undefined) {
      const known = [...this.#contexts.keys()].join(", ") || "none";
      throw invalid(`no context ${id} has been started`, `Started contexts: ${known}.`);
    }
    if (state !== undefined && running.state !== state)
      throw invalid(`context ${id} is ${running.state}`, "Look at status() before.");
    return running;
  }

  #resume(running: RunningContext): void {
    running.wants = this.#tasks.wantsOf(running, (reader, tick, samples) =>
      this.#deliver({ running, reader, tick, samples }),
    );
    this.#scheduler.add(running.wants.map(([, want]) => want));
    this.#wantsChanged();
  }

  async #pause(running: RunningContext): Promise<void> {
    const { wants } = running;
    running.state = "paused";
    running.wants = [];
    this.#scheduler.remove(wants.map(([, want]) => want));
    this.#wantsChanged();
    await Promise.all([...new Set(wants.map(([task]) => task))].map((task) => task.settled()));
  }

  /** Everything besides contexts that follows from what all of them want. */
  #wantsChanged(): void {
    const wants = [...this.#contexts.values()].flatMap((context) => context.wants);
    this.#tasks.keepOnly(wants);
    if (this.#o.everyTick !== true) return;
    this.#scheduler.remove(this.#everyTick);
    this.#everyTick = this.#tasks.everyTick(wants);
    this.#scheduler.add(this.#everyTick);
  }

  #end(running: RunningContext): Promise<void> {
    const known = this.#ending.get(running);
    if (known !== undefined) return known;
    const ending = this.#endOnce(running).finally(() => this.#ending.delete(running));
    this.#ending.set(running, ending);
    return ending;
  }

  async #endOnce(running: RunningContext): Promise<void> {
    running.cancelEnd();
    this.#listeners.tell("beforeStop", running.info);
    await this.#pause(running);
    this.#contexts.delete(running.definition.id);
    const info = {
      ...running.info,
      endsAt: new Date(Math.min(this.#grid.now(), running.endsAt ?? Number.POSITIVE_INFINITY)),
    };
    this.#log("info", `${info.name}: stopped after ${running.samples} samples`);
    this.#listeners.tell("afterStop", info);
  }

  async #close(): Promise<void> {
    this.#listeners.tell("beforeClose");
    const ended = Promise.all([...this.#contexts.values()].map((context) => this.#end(context)));
    const enough = new AbortController();
    await Promise.race([ended, this.#clock.sleep(CLOSE_GRACE_MS, enough.signal)]);
    enough.abort();
    // What hangs in a device is given up.
    await Promise.all(this.#tasks.entries.map(({ task }) => task.close()));
    await ended;
    await this.#scheduler.close();
    const closing = [
      ...[...this.#opened.keys()].map((reader) => reader.close?.()),
      ...this.#writers.map((writer) => writer.close()),
    ];
    for (const result of await Promise.allSettled(closing)) {
      if (result.status === "rejected") this.#log("warn", `closing failed: ${String(result.reason)}`);
    }
    this.#listeners.tell("afterClose");
  }

  #deliver(given: {
    readonly running: RunningContext;
    readonly reader: SamplingReader;
    readonly tick: number;
    readonly samples: readonly Sample[];
  }): void {
    const { running, reader, tick, samples } = given;
    running.samples += samples.length;
    for (const { quality } of samples) if (quality === "bad") running.bad += 1;
    const { id, name } = running.definition;
    const batch: SampleBatch = { context: { id, name }, reader: reader.name, time: tick, samples };
    this.#listeners.tell("onSample", batch);
    for (const writer of this.#writers) writer.push(batch);
  }

  #failed(error: MillraceError, where: { readonly reader?: string; readonly writer?: string }): void {
    this.#listeners.tell("onError", error, where);
    this.#log("warn", error.message);
  }

  #log(level: "debug" | "info" | "warn", message: string): void {
    try {
      this.#o.logger?.(level, message);
    } catch {
      // A logger that fails stops no sampling.
    }
  }
}

const REPOSITORY = "Give it to the collector with `repository`, or hand over the whole definition.";

function invalid(message: string, hint: string): MillraceError {
  return new MillraceError("MLR_ARGUMENT_INVALID", message, { hint });
}
