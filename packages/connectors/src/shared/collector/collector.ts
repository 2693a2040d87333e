import {
  asMillraceError,
  type Clock,
  type Json,
  type Message,
  MillraceError,
  type ReadContext,
  type Receipt,
  type Row,
  type SourceCommand,
  systemClock,
} from "@millrace/core";
import { buildStatus, healthIn } from "./build-status.ts";
import type { CollectorHost } from "./collector-host.ts";
import type { Collector, FeedHandler, SubscriberOptions } from "./collector-type.ts";
import { Connections } from "./connections.ts";
import { controlCollector } from "./control-collector.ts";
import type { CollectorDefinition, CollectorOptions, SetupContext } from "./definition.ts";
import { Dispatcher } from "./dispatcher.ts";
import { droppedRows } from "./dropped-rows.ts";
import type { FeedGap } from "./feed.ts";
import { errorDetails, Figures } from "./figures.ts";
import { findProblems } from "./find-problems.ts";
import { findState } from "./find-state.ts";
import { InvalidMessages } from "./invalid-messages.ts";
import { JOURNAL_BYTES, Landing } from "./landing.ts";
import { RestartBudget } from "./restart-budget.ts";
import { StateLog } from "./state-log.ts";
import type { CollectorState } from "./state.ts";
import type { CollectorHealth, CollectorStatus } from "./status.ts";
import type { Subscription } from "./subscription.ts";
import { TaskTracker } from "./task-tracker.ts";

const TEND_MS = 500;

/**
 * A live source out of its definition: connects, subscribes, and recovers by itself from all that may pass.
 * Fails with MLR_ARGUMENT_INVALID.
 */
export function collector(definition: CollectorDefinition, options: CollectorOptions = {}): Collector {
  return new LiveCollector(definition, options);
}

class LiveCollector implements Collector {
  readonly kind: string;
  readonly name: string;
  readonly endless = true;
  readonly keyed: boolean;
  readonly #definition: CollectorDefinition;
  readonly #options: CollectorOptions;
  readonly #clock: Clock;
  readonly #figures: Figures;
  readonly #dispatcher: Dispatcher;
  readonly #landing: Landing;
  readonly #host: CollectorHost;
  /** Outlives restarts. */
  #life: TaskTracker;
  #tasks: TaskTracker | undefined;
  #context: ReadContext | undefined;
  readonly #log: StateLog;
  #startedAt: number | undefined;
  #startedMonotonic = 0;
  #settled = false;
  readonly #connections: Connections;
  readonly #invalids = new InvalidMessages();
  readonly #restarts: RestartBudget;
  #failed = new AbortController();
  #failure: MillraceError | undefined;
  #paused = false;
  #firstStream: string | undefined;
  #cached: CollectorStatus | undefined;
  #cachedAt = Number.NEGATIVE_INFINITY;
  #problems: CollectorStatus["problems"] = [];
  /** Of the wall clock against the monotonic one. */
  #offset = 0;
  #calling: Promise<void> = Promise.resolve();

  constructor(definition: CollectorDefinition, options: CollectorOptions) {
    this.#definition = definition;
    this.#options = options;
    this.kind = definition.name;
    this.name = definition.name;
    this.keyed = (definition.streams ?? []).some(({ key }) => key !== undefined);
    this.#clock = options.clock ?? systemClock;
    this.#firstStream = definition.streams?.[0]?.name;
    this.#figures = new Figures(this.#clock);
    this.#log = new StateLog(this.#clock);
    this.#restarts = new RestartBudget(options, this.#clock);
    this.#dispatcher = new Dispatcher(
      (type, error) => this.#error(error, `a callback for "${type}" failed`),
      () => this.#adjust(),
    );
    this.#landing = new Landing({
      definition,
      clock: this.#clock,
      now: () => this.#now(),
      figures: this.#figures,
      memoryRows: options.memoryRows,
      journal: options.journal,
      onRoom: () => this.#adjust(),
      onDropped: (rows) => this.#gap(droppedRows(rows)),
      onError: (error) => this.#error(error, "the journal failed"),
    });
    this.#life = this.#newLife();
    this.#host = this.#makeHost();
    this.#connections = new Connections(this.#host, (error) => this.#giveUp(error));
    this.#measureOffset();
  }

  // As a source of a pipeline.

  async *read(context: ReadContext): AsyncGenerator<Message> {
    this.#context = context;
    await this.#landing.begin(context);
    if (this.#log.isDown) await this.#begin("its run begins", false);
    const signal = AbortSignal.any([context.signal, this.#failed.signal]);
    yield* this.#landing.messages(context, signal);
    if (this.#failure !== undefined && !context.signal.aborted) throw this.#failure;
  }

  committed(receipts: readonly Receipt[]): void {
    this.#landing.committed(receipts);
  }

  control(command: SourceCommand): Promise<Json> {
    return controlCollector(this, command);
  }

  async close(): Promise<void> {
    await this.stop("its run is over");
    this.#tell();
    await this.#landing.close();
    this.#context = undefined;
  }

  // By itself.

  on(type: string, handler: FeedHandler, options: SubscriberOptions = {}): void {
    this.#dispatcher.on(type, handler, options);
  }

  off(type: string, handler: FeedHandler): void {
    this.#dispatcher.off(type, handler);
  }

  start(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#log.isDown) await this.#begin("it was started", true);
    });
  }

  stop(reason = "it was stopped"): Promise<void> {
    return this.#inTurn(() => this.#stop(reason));
  }

  restart(reason = "it was restarted"): Promise<void> {
    return this.#inTurn(async () => {
      await this.#stop(reason);
      this.#figures.restarts++;
      await this.#begin(reason, true);
    });
  }

  disconnect(connection?: string): Promise<void> {
    this.#connections.disconnect(connection);
    return Promise.resolve();
  }

  subscribe(subscriptions: readonly Subscription[]): void {
    if (this.#tasks !== undefined) this.#connections.add(subscriptions, this.#tasks);
  }

  unsubscribe(keys?: readonly string[]): void {
    this.#connections.unsubscribe(keys);
    this.#judge("subscriptions were ended");
  }

  status(): CollectorStatus {
    const now = this.#clock.monotonic();
    if (this.#cached === undefined || now - this.#cachedAt >= 1_000) this.#build(now);
    return this.#cached as CollectorStatus;
  }

  healthStatus(): CollectorHealth {
    return healthIn(this.status());
  }

  // Starting and ending.

  /** One after the other, whatever came of the one before. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.#calling.then(work);
    this.#calling = done.catch(() => undefined);
    return done;
  }

  /** @param throws fails where it cannot be started; else it is tried again later where that may help */
  async #begin(reason: string, throws: boolean): Promise<void> {
    if (this.#life.signal.aborted) this.#life = this.#newLife();
    this.#failure = undefined;
    if (this.#failed.signal.aborted) this.#failed = new AbortController();
    const tasks = new TaskTracker((name, error) => this.#broken(name, error));
    this.#tasks = tasks;
    this.#startedAt = this.#clock.now();
    this.#startedMonotonic = this.#clock.monotonic();
    this.#settled = false;
    this.#measureOffset();
    this.#transition("connecting", reason);
    try {
      await this.#setUp(tasks);
    } catch (error) {
      const failure = asMillraceError(error, "MLR_SOURCE_FAILED", `collector "${this.name}" cannot start`);
      if (throws) {
        await this.#end();
        this.#error(failure, "it cannot start");
        this.#transition("failed", failure.message);
        throw failure;
      }
      this.#broken("starting", failure);
    }
    tasks.add("landing", (signal) => this.#landing.run(signal));
    tasks.add("tending", (signal) => this.#tendRegularly(signal));
  }

  async #setUp(tasks: TaskTracker): Promise<void> {
    const context: SetupContext = {
      signal: tasks.signal,
      ...(this.#context === undefined ? {} : { read: this.#context }),
    };
    await this.#definition.starting?.(context);
    const { subscriptions } = this.#definition;
    const wanted = typeof subscriptions === "function" ? await subscriptions(context) : subscriptions;
    this.#connections.clear();
    if (!tasks.signal.aborted) this.#connections.add(wanted, tasks);
  }

  async #stop(reason: string): Promise<void> {
    if (this.#log.state === "stopped") return;
    if (this.#log.state !== "failed") this.#transition("stopping", reason);
    this.#life.cancelAll();
    await this.#end();
    await this.#life.waitForAll();
    this.#transition("stopped", reason);
  }

  async #end(): Promise<void> {
    const tasks = this.#tasks;
    this.#tasks = undefined;
    tasks?.cancelAll();
    await tasks?.waitForAll();
    const reconnects = this.#connections.places.reduce((sum, place) => sum + place.reconnects, 0);
    if (reconnects > 0) this.#figures.count("reconnects", reconnects);
    this.#connections.places = [];
    this.#startedAt = undefined;
    this.#paused = false;
  }

  /** Something that should go on has ended: it is started anew, where that may help and is not too often. */
  #broken(name: string, error: unknown): void {
    const failure = this.#error(error, `${name} failed`);
    if (failure.retry === "never" || this.#options.autoRestart === false) return this.#giveUp(failure);
    const wait = this.#restarts.next(this.#clock.monotonic() - this.#startedMonotonic, failure);
    if (wait instanceof MillraceError) return this.#giveUp(wait);
    this.#transition("reconnecting", `it starts anew in ${wait} ms: ${failure.message}`);
    this.#life.add("restart", async (signal) => {
      await this.#clock.sleep(wait, signal);
      if (signal.aborted) return;
      await this.#end();
      this.#figures.restarts++;
      if (!signal.aborted) await this.#begin(`it starts anew after: ${failure.message}`, false);
    });
  }

  /** It stays down until somebody starts it. */
  #giveUp(error: MillraceError): void {
    if (this.#log.state === "failed" || this.#log.state === "stopping" || this.#log.state === "stopped")
      return;
    this.#transition("failed", error.message);
    this.#failure = new MillraceError(error.code, error.message, {
      retry: "never",
      cause: error,
      details: error.details,
      ...(error.hint === undefined ? {} : { hint: error.hint }),
    });
    this.#life.add("ending", async () => {
      await this.#end();
      this.#tell();
      this.#failed.abort();
    });
  }

  #newLife(): TaskTracker {
    return new TaskTracker((name, error) => this.#giveUp(this.#error(error, `${name} failed`)));
  }

  // While it runs.

  async #tendRegularly(signal: AbortSignal): Promise<void> {
    for (let turn = 0; !signal.aborted; turn++) {
      const now = this.#clock.monotonic();
      for (const place of this.#connections.places) place.tend(now);
      if (turn % 2 === 0) {
        this.#measureOffset();
        this.#figures.tick(now);
        for (const channel of this.#connections.channels.values()) channel.rate.tick(now);
        this.#landing.tick();
        this.#judge("");
        this.#tell();
      }
      await this.#clock.sleep(TEND_MS, signal);
    }
  }

  /** Finds its state anew. @param reason what happened, if anything */
  #judge(reason: string): void {
    if (this.#tasks === undefined || this.#log.state === "stopping" || this.#log.state === "failed") return;
    const { places, channels, open } = this.#connections;
    const spool = this.#landing.spool;
    this.#problems = findProblems({ places, channels, dispatcher: this.#dispatcher, spool });
    if (open === places.length && open > 0) this.#settled = true;
    const next = findState({
      open,
      places: places.length,
      settled: this.#settled,
      ageMs: this.#clock.monotonic() - this.#startedMonotonic,
      problems: this.#problems.length,
    });
    // While it waits to be started anew it has no connections.
    if (next === this.#log.state || (this.#log.state === "reconnecting" && places.length === 0)) return;
    const why = this.#problems[0]?.message ?? (reason === "" ? "all is well" : reason);
    this.#transition(next, next === "running" ? "all is well" : why);
  }

  #transition(to: CollectorState, reason: string): void {
    const transition = this.#log.change(to, reason);
    if (transition === undefined) return;
    const { from } = transition;
    if (this.#log.isDown) this.#problems = [];
    const bad = to === "degraded" || to === "reconnecting" || to === "failed";
    this.#say(bad ? "warn" : "info", `${this.name}: ${from} → ${to}: ${transition.reason}`, { from, to });
    this.#cached = undefined;
    this.#dispatcher.emit("state", transition);
    this.#tell();
  }

  /** Reading waits while there is no room for more. */
  #adjust(): void {
    const full = this.#landing.full || this.#dispatcher.blocked;
    if (full === this.#paused) return;
    this.#paused = full;
    for (const place of this.#connections.places) place.pause(full);
  }

  #build(now: number): void {
    this.#cachedAt = now;
    this.#cached = buildStatus({
      name: this.name,
      clock: this.#clock,
      state: this.#log.state,
      transitions: this.#log.transitions,
      since: this.#log.since,
      reason: this.#log.reason,
      startedAt: this.#startedAt,
      figures: this.#figures,
      places: this.#connections.places,
      channels: this.#connections.channels,
      dispatcher: this.#dispatcher,
      spool: this.#landing.spool,
      journalMaxBytes: this.#options.journal?.maxBytes ?? JOURNAL_BYTES,
      problems: this.#problems,
      tasks: this.#life.size + (this.#tasks?.size ?? 0) + this.#connections.tasks,
      view: this.#attempt(() => this.#definition.view?.()),
    });
  }

  #tell(): void {
    const tell = this.#context?.status?.bind(this.#context);
    if (tell === undefined) return;
    this.#build(this.#clock.monotonic());
    tell("collector", this.#cached as unknown as Json);
  }

  // What connections tell.

  #makeHost(): CollectorHost {
    return {
      definition: this.#definition,
      options: this.#options,
      clock: this.#clock,
      dispatcher: this.#dispatcher,
      lag: this.#figures,
      now: () => this.#now(),
      received: (bytes) => {
        this.#figures.messages.add();
        this.#figures.bytes += bytes;
      },
      land: (stream, rows, receivedAt) => this.#land(stream, rows, receivedAt),
      position: (key, value) => this.#landing.position(key, value),
      positionOf: (key) => this.#landing.positionOf(key),
      invalid: (raw, reason, receivedAt, error) => this.#invalid(raw, reason, receivedAt, error),
      gap: (gap) => this.#gap(gap),
      count: (name, by) => this.#figures.count(name, by),
      error: (error) => void this.#error(error, this.name),
      say: (level, message, details) => this.#say(level, message, details),
      judge: (reason) => this.#judge(reason),
    };
  }

  #land(stream: string, rows: readonly Row[], receivedAt: number): void {
    this.#firstStream ??= stream;
    this.#landing.land(stream, rows, receivedAt);
    if (this.#landing.full || this.#dispatcher.blocked) this.#adjust();
  }

  #invalid(raw: string | Uint8Array, reason: string, receivedAt: number, error?: unknown): void {
    this.#figures.invalid++;
    const kept = this.#invalids.keep(raw, reason, receivedAt);
    if (kept === undefined) return;
    const details = error === undefined ? undefined : errorDetails(error);
    this.#say("warn", `a message cannot be used: ${kept.message}`, details);
    const { invalidStream = this.#firstStream } = this.#options;
    if (typeof invalidStream === "string") this.#landing.reject(invalidStream, kept, receivedAt);
  }

  #gap(gap: FeedGap): void {
    this.#figures.gap(gap);
    this.#dispatcher.emit("gap", gap);
    if (gap.outcome === "marked")
      this.#say("warn", `a gap in ${gap.channel} of ${gap.symbol ?? "all"}: ${gap.reason}`);
  }

  #attempt<T>(work: () => T): T | undefined {
    try {
      return work();
    } catch (error) {
      this.#error(error, "the view failed");
      return undefined;
    }
  }

  #error(error: unknown, where: string): MillraceError {
    const shown = this.#figures.error(error);
    this.#say("warn", `${where}: ${shown.message}`, { code: shown.code, ...errorDetails(error) });
    return asMillraceError(error, "MLR_SOURCE_FAILED");
  }

  #say(level: "debug" | "info" | "warn", message: string, details?: Record<string, Json>): void {
    this.#context?.log(level, message, { collector: this.name, ...details });
    if (this.#dispatcher.wanted("log")) this.#dispatcher.emit("log", { level, message, ...details });
  }

  #now(): number {
    return this.#offset + this.#clock.monotonic();
  }

  #measureOffset(): void {
    this.#offset = this.#clock.now() - this.#clock.monotonic();
  }
}
