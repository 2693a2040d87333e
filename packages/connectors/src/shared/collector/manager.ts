import { monitorEventLoopDelay } from "node:perf_hooks";
import { asMillraceError, type Clock, MillraceError, nearest, systemClock } from "@millrace/core";
import type { Collector } from "./collector-type.ts";
import type { CollectorHealth, CollectorStatus } from "./status.ts";

/** What a manager needs of a collector. */
export type ManagedCollector = Pick<
  Collector,
  "name" | "start" | "stop" | "restart" | "status" | "healthStatus"
>;

/** How a manager behaves. */
export interface CollectorManagerOptions {
  /** A collector that has failed is started again. Default true. */
  readonly autoRestart?: boolean;
  /** Starts of one collector by the manager within an hour, after which `onAlert` is called. Default 5. */
  readonly restartsPerHour?: number;
  /** How often collectors are looked at, in ms. Default 5,000. */
  readonly everyMs?: number;
  /** A collector has failed and is not started again by itself. */
  readonly onAlert?: (alert: CollectorAlert) => void;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** A collector that needs somebody. */
export interface CollectorAlert {
  readonly collector: string;
  readonly reason: string;
  readonly restarts: number;
}

/** How the collectors of a manager do, all together. */
export interface ManagerStatus {
  /** `degraded`: some do not do their work. `failed`: none of those that should run does. */
  readonly health: "healthy" | "degraded" | "failed" | "stopped";
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly uptimeSeconds: number;
  readonly collectors: number;
  readonly running: number;
  readonly failed: readonly string[];
  readonly disabled: readonly string[];
  readonly messagesPerSecond: number;
  readonly rowsPerSecond: number;
  readonly restarts: number;
  /** Of this process: milliseconds, share of one CPU, bytes. */
  readonly process: {
    readonly eventLoopDelayMs: { readonly p50: number; readonly p99: number; readonly max: number };
    readonly cpuShare: number;
    readonly memoryBytes: number;
  };
}

interface Entry {
  readonly collector: ManagedCollector;
  enabled: boolean;
  /** Somebody wants it to run. */
  wanted: boolean;
  restarts: number;
  times: number[];
  alerted: boolean;
}

const HOUR_MS = 3_600_000;

/** Runs several collectors in one process, starts those again that fail, and says how they do. Close it. */
export class CollectorManager {
  readonly #o: Required<Omit<CollectorManagerOptions, "onAlert">> & Pick<CollectorManagerOptions, "onAlert">;
  readonly #entries = new Map<string, Entry>();
  readonly #closing = new AbortController();
  readonly #delay = monitorEventLoopDelay({ resolution: 20 });
  readonly #startedAt: number;
  #cpu = process.cpuUsage();
  #cpuAt: number;
  #cpuShare = 0;
  #watching: Promise<void> | undefined;

  constructor(options: CollectorManagerOptions = {}) {
    const {
      autoRestart = true,
      restartsPerHour = 5,
      everyMs = 5_000,
      clock = systemClock,
      onAlert,
    } = options;
    this.#o = { autoRestart, restartsPerHour, everyMs, clock, ...(onAlert === undefined ? {} : { onAlert }) };
    this.#startedAt = clock.now();
    this.#cpuAt = clock.monotonic();
    this.#delay.enable();
  }

  /** Takes a collector in, which is not started by it. Fails with MLR_ARGUMENT_INVALID where there is one of its name. */
  add(collector: ManagedCollector): void {
    if (this.#entries.has(collector.name)) {
      throw new MillraceError("MLR_ARGUMENT_INVALID", `There is a collector "${collector.name}" already`, {
        hint: "Remove it first, or give the other one another name.",
      });
    }
    const entry = { collector, enabled: true, wanted: false, restarts: 0, times: [], alerted: false };
    this.#entries.set(collector.name, entry);
  }

  /** Stops a collector and forgets it. */
  async remove(name: string): Promise<void> {
    const entry = this.#entry(name);
    this.#entries.delete(name);
    entry.wanted = false;
    await entry.collector.stop("it was removed");
  }

  /** Names of all collectors, in the order in which they were added. */
  list(): readonly {
    readonly name: string;
    readonly enabled: boolean;
    readonly state: CollectorStatus["state"];
  }[] {
    return [...this.#entries].map(([name, { enabled, collector }]) => ({
      name,
      enabled,
      state: collector.status().state,
    }));
  }

  /** Lets a collector be started, by `startAll` too. */
  enable(name: string): void {
    this.#entry(name).enabled = true;
  }

  /** Stops a collector; it is not started until it is enabled. */
  async disable(name: string): Promise<void> {
    const entry = this.#entry(name);
    entry.enabled = false;
    await this.stop(name);
  }

  /** Starts a collector. Fails with MLR_ARGUMENT_INVALID where it is disabled, and as the collector does. */
  async start(name: string): Promise<void> {
    const entry = this.#entry(name);
    if (!entry.enabled) {
      throw new MillraceError("MLR_ARGUMENT_INVALID", `Collector "${name}" is disabled`, {
        hint: "Enable it first.",
      });
    }
    entry.wanted = true;
    entry.alerted = false;
    entry.times = [];
    this.#watch();
    await entry.collector.start();
  }

  async stop(name: string): Promise<void> {
    const entry = this.#entry(name);
    entry.wanted = false;
    await entry.collector.stop();
  }

  async restart(name: string): Promise<void> {
    const entry = this.#entry(name);
    if (!entry.enabled) return this.start(name);
    entry.wanted = true;
    entry.alerted = false;
    this.#watch();
    await entry.collector.restart();
  }

  /** Starts all that are enabled; one that cannot be started does not keep the others from it. */
  startAll(): Promise<readonly MillraceError[]> {
    return this.#each((name, { enabled }) => (enabled ? this.start(name) : Promise.resolve()));
  }

  stopAll(): Promise<readonly MillraceError[]> {
    return this.#each((name) => this.stop(name));
  }

  restartAll(): Promise<readonly MillraceError[]> {
    return this.#each((name, { enabled }) => (enabled ? this.restart(name) : Promise.resolve()));
  }

  /** How one collector does. */
  statusOf(name: string): CollectorStatus {
    return this.#entry(name).collector.status();
  }

  /** Whether each collector does its work. */
  health(): Readonly<Record<string, CollectorHealth>> {
    return Object.fromEntries(
      [...this.#entries].map(([name, { collector }]) => [name, collector.healthStatus()]),
    );
  }

  /** How they do, all together. */
  status(): ManagerStatus {
    this.#measureCpu();
    const entries = [...this.#entries.values()];
    const statuses = entries.map(({ collector }) => collector.status());
    const wanted = entries.filter((entry) => entry.wanted);
    const well = wanted.filter(({ collector }) => collector.status().health === "healthy").length;
    const up = wanted.filter(({ collector }) => !isDown(collector.status().state)).length;
    const { clock } = this.#o;
    return {
      health:
        wanted.length === 0
          ? "stopped"
          : up === 0
            ? "failed"
            : well === wanted.length
              ? "healthy"
              : "degraded",
      startedAt: new Date(this.#startedAt).toISOString(),
      uptimeSeconds: Math.round((clock.now() - this.#startedAt) / 1_000),
      collectors: entries.length,
      running: statuses.filter(({ state }) => !isDown(state)).length,
      failed: statuses.filter(({ state }) => state === "failed").map(({ name }) => name),
      disabled: entries.filter(({ enabled }) => !enabled).map(({ collector }) => collector.name),
      messagesPerSecond: sum(statuses.map((status) => status.messagesPerSecond)),
      rowsPerSecond: sum(statuses.map((status) => status.rowsPerSecond)),
      restarts: sum(entries.map(({ restarts }) => restarts)),
      process: {
        eventLoopDelayMs: {
          p50: milliseconds(this.#delay.percentile(50)),
          p99: milliseconds(this.#delay.percentile(99)),
          max: milliseconds(this.#delay.max),
        },
        cpuShare: this.#cpuShare,
        memoryBytes: process.memoryUsage.rss(),
      },
    };
  }

  /** Stops all of them, and looks at them no more. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#delay.disable();
    await this.#watching;
    await this.stopAll();
  }

  async #each(act: (name: string, entry: Entry) => Promise<void>): Promise<readonly MillraceError[]> {
    const done = await Promise.allSettled([...this.#entries].map(([name, entry]) => act(name, entry)));
    return done.flatMap((each) =>
      each.status === "rejected" ? [asMillraceError(each.reason, "MLR_SOURCE_FAILED")] : [],
    );
  }

  #watch(): void {
    this.#watching ??= this.#watchRegularly();
  }

  async #watchRegularly(): Promise<void> {
    const { clock, everyMs } = this.#o;
    while (!this.#closing.signal.aborted) {
      await clock.sleep(everyMs, this.#closing.signal);
      if (this.#closing.signal.aborted) return;
      for (const entry of this.#entries.values()) await this.#revive(entry);
    }
  }

  async #revive(entry: Entry): Promise<void> {
    const { clock, autoRestart, restartsPerHour, onAlert } = this.#o;
    const { collector } = entry;
    const { state, reason } = collector.status();
    if (!entry.wanted || !entry.enabled || state !== "failed") return;
    const now = clock.monotonic();
    entry.times = entry.times.filter((at) => at > now - HOUR_MS);
    if (autoRestart && entry.times.length < restartsPerHour) {
      entry.times.push(now);
      entry.restarts++;
      // What keeps it from starting is in its status, and counts as the next failure.
      await collector.start().catch(() => undefined);
      return;
    }
    if (entry.alerted) return;
    entry.alerted = true;
    onAlert?.({ collector: collector.name, reason, restarts: entry.restarts });
  }

  #entry(name: string): Entry {
    const entry = this.#entries.get(name);
    if (entry !== undefined) return entry;
    const guess = nearest(name, [...this.#entries.keys()]);
    throw new MillraceError("MLR_ARGUMENT_INVALID", `There is no collector "${name}"`, {
      hint: guess === undefined ? "`list` has their names." : `Did you mean "${guess}"?`,
    });
  }

  #measureCpu(): void {
    const now = this.#o.clock.monotonic();
    const { user, system } = process.cpuUsage(this.#cpu);
    if (now - this.#cpuAt < 500) return;
    this.#cpuShare = Math.round((user + system) / (now - this.#cpuAt)) / 1_000;
    this.#cpu = process.cpuUsage();
    this.#cpuAt = now;
  }
}

function isDown(state: CollectorStatus["state"]): boolean {
  return state === "stopped" || state === "failed";
}

function sum(values: readonly number[]): number {
  return Math.round(values.reduce((total, value) => total + value, 0) * 10) / 10;
}

function milliseconds(nanoseconds: number): number {
  return Math.round(nanoseconds / 1e5) / 10;
}
