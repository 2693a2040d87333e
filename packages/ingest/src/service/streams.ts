import {
  type Clock,
  type Environment,
  MillraceError,
  nearest,
  type PushedPipeline,
  revivePushed,
  type Source,
  type Pipeline,
  type TableTarget,
} from "@millrace/core";
import type { Logger } from "@millrace/platform";
import type pg from "pg";
import { type LandingLimits, type RunPushed, StreamLanding } from "../landing/stream-landing.ts";
import type { Landing } from "../landing/landing.ts";
import type { PushQueue } from "../queue/push-queue.ts";
import { QueuedLanding } from "../queue/queued-landing.ts";
import type { QueueRoom } from "../queue/queue-room.ts";
import { NameCheck } from "../landing/check-names.ts";
import { KeyedRows } from "./keyed-rows.ts";

/** A stream that rows can be pushed into. */
export interface OpenStream {
  readonly definition: PushedPipeline;
  readonly landing: Landing;
  readonly rows: KeyedRows;
  /** Judges the names of fields. Fails where the destination cannot be made. */
  readonly names: () => Promise<NameCheck>;
  /** Why nothing may be pushed at the moment; undefined where it may. */
  readonly closedBecause: string | undefined;
}

export interface StreamsOptions {
  readonly pool: pg.Pool;
  readonly environment: Environment;
  readonly target: (kind: string, options: unknown) => TableTarget;
  readonly run: RunPushed;
  readonly limits: LandingLimits;
  /** Keeps what comes while a destination is away. Absent: such rows are refused. */
  readonly queue: { readonly table: PushQueue; readonly room: QueueRoom } | undefined;
  readonly logger: Logger;
  readonly clock: Clock;
}

interface Registered {
  readonly name: string;
  readonly pushed: PushedPipeline;
  readonly enabled: boolean;
  readonly paused: boolean;
}

interface Held extends OpenStream {
  /** What tells a definition from another one. */
  readonly text: string;
  /** The landing, where it has a queue. */
  readonly queued: QueuedLanding | undefined;
}

/** Milliseconds for which the registry is taken for what there is. */
const FRESH_MS = 2_000;
const NO_SOURCE: Source = { kind: "pushed", async *read() {} };

/** The streams that the registry knows, each opened when something is first pushed into it. */
export class Streams {
  readonly #o: StreamsOptions;
  readonly #open = new Map<string, Held>();
  readonly #ending = new Set<Promise<void>>();
  #known: ReadonlyMap<string, Registered> = new Map();
  /** Streams of which something waited when it was last looked. */
  #queued: ReadonlySet<string> = new Set();
  #read: { readonly at: number; readonly done: Promise<void> } | undefined;

  constructor(options: StreamsOptions) {
    this.#o = options;
  }

  /** Whether the registry could be read when it was last tried. */
  async check(): Promise<void> {
    await this.#load();
  }

  /** The streams that are open. */
  get open(): readonly OpenStream[] {
    return [...this.#open.values()];
  }

  /** Fails with MLR_STREAM_NOT_FOUND, or MLR_CONTROL_UNAVAILABLE where nobody knows yet. */
  async find(stream: string): Promise<OpenStream> {
    await this.#refresh();
    const registered = this.#known.get(stream);
    if (registered === undefined) {
      const guess = nearest(stream, [...this.#known.keys()]);
      throw new MillraceError("MLR_STREAM_NOT_FOUND", `There is no stream "${stream.slice(0, 100)}"`, {
        hint:
          guess === undefined
            ? "A pipeline with source: pushed() makes one; `millrace up` registers it."
            : `Did you mean "${guess}"?`,
      });
    }
    return this.#hold(registered);
  }

  /** Lands what waits, and ends the runs. */
  async close(): Promise<void> {
    const open = [...this.#open.values()];
    this.#open.clear();
    await Promise.all([...open.map(end), ...this.#ending]);
  }

  #hold({ pushed, enabled, paused }: Registered): OpenStream {
    const text = JSON.stringify(pushed);
    const held = this.#open.get(pushed.stream);
    const closedBecause = paused ? "it is paused" : enabled ? undefined : "it is disabled";
    if (held?.text === text) return { ...held, closedBecause };
    if (held !== undefined) this.#end(held);
    const made = this.#make(pushed, text);
    this.#open.set(pushed.stream, made);
    return { ...made, closedBecause };
  }

  #make(definition: PushedPipeline, text: string): Held {
    const { clock, limits, run, target, environment } = this.#o;
    const pipeline = (source: Source): Pipeline =>
      revivePushed(withoutFreeze(definition), {
        source,
        target,
        // The first checkpoint after a row commits: what comes meanwhile is the next group.
        commit: { rows: 1, seconds: 0.002 },
        // Until the destination is there again: whoever waits is told after a while.
        retry: { attempts: 1_000_000, delayMs: 250, maxDelayMs: 3_000 },
      });
    const direct = new StreamLanding({ definition, pipeline, run, limits, clock });
    const queued = this.#withQueue(definition, direct);
    return {
      definition,
      text,
      queued,
      landing: queued ?? direct,
      names: once(async () => {
        const destination = await pipeline(NO_SOURCE).destination.destination(environment);
        await destination.close();
        return new NameCheck(definition, destination.capabilities);
      }),
      rows: new KeyedRows(definition, pipeline(NO_SOURCE), environment),
      closedBecause: undefined,
    };
  }

  #withQueue({ stream, name }: PushedPipeline, landing: StreamLanding): QueuedLanding | undefined {
    const { queue, clock, logger } = this.#o;
    if (queue === undefined) return undefined;
    return new QueuedLanding({
      ...{ stream, landing, clock, queue: queue.table, room: queue.room },
      waiting: this.#queued.has(stream),
      onRefused: (error, { id }) =>
        logger.error(
          { error, pipeline: name },
          `Batch ${id} of stream ${stream} was accepted and does not land: it is kept in millrace_control.push_queue`,
        ),
    });
  }

  /** Lands what is in the queue of streams that nobody pushes into at the moment. Never fails: it is tried again. */
  async drain(): Promise<void> {
    try {
      await this.#refresh();
      for (const stream of this.#queued) {
        const registered = this.#known.get(stream);
        if (registered === undefined || registered.paused) continue;
        this.#hold(registered);
        this.#open.get(stream)?.queued?.wake();
      }
    } catch {
      // The control database is away, which others tell.
    }
  }

  /** The definition is another one now: what waits lands by the one that it was sent for. */
  #end(held: Held): void {
    const ending = end(held).finally(() => this.#ending.delete(ending));
    this.#ending.add(ending);
  }

  async #refresh(): Promise<void> {
    const now = this.#o.clock.monotonic();
    if (this.#read === undefined || now - this.#read.at >= FRESH_MS)
      this.#read = { at: now, done: this.#load() };
    try {
      await this.#read.done;
    } catch (error) {
      // What was known is still most likely so; without any of it nothing can be said.
      if (this.#known.size === 0) throw error;
    }
  }

  async #load(): Promise<void> {
    if (this.#o.queue !== undefined) this.#queued = new Set(await this.#o.queue.table.streams());
    const { rows } = await this.#o.pool.query<Registered>(`
      SELECT name, pushed, coalesce(enabled, declared_enabled) AS enabled, paused_at IS NOT NULL AS paused
      FROM millrace_control.pipelines WHERE pushed IS NOT NULL AND retired_at IS NULL ORDER BY name`);
    const known = new Map<string, Registered>();
    for (const each of rows) {
      if (each.pushed.version !== 1) continue;
      const other = known.get(each.pushed.stream);
      if (other === undefined) known.set(each.pushed.stream, each);
      else
        this.#o.logger.warn(
          { pipeline: each.name },
          `Pipelines ${other.name} and ${each.name} are both pushed into by stream ${each.pushed.stream}; the first one is`,
        );
    }
    this.#known = known;
    for (const [stream, held] of this.#open) {
      if (known.has(stream)) continue;
      this.#open.delete(stream);
      this.#end(held);
    }
  }
}

/** A row that would change a frozen table is rejected by itself: it is no reason to refuse what others sent. */
function withoutFreeze(definition: PushedPipeline): PushedPipeline {
  const { table } = definition;
  return table.contract === "freeze"
    ? { ...definition, table: { ...table, contract: "quarantine" } }
    : definition;
}

async function end({ landing, rows }: OpenStream): Promise<void> {
  await landing.close();
  await rows.close();
}

/** Makes a thing once; after a failure it is tried again. */
function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make().catch((error: unknown) => {
      made = undefined;
      throw error;
    });
    return made;
  };
}
