import {
  MillraceError,
  systemClock,
  type Clock,
  type Json,
  type Message,
  type ReadContext,
  type Receipt,
  type Source,
  type SourceCommand,
} from "@millrace/core";
import type { ResolvedSamplingOptions } from "../options.ts";
import { SamplingEngine } from "./sampling-engine.ts";
import type { BacklogState } from "./spooled-backlog.ts";
import { samplesStream, windowsStream } from "./streams.ts";

/** The slice of all samples: they have one order. */
const SLICE = "samples";
/** Rows of one message; more would keep the ticks waiting while they are encoded. */
const MESSAGE_ROWS = 1_000;
/** How long samples are gathered before they are passed on. */
const GATHER_MS = 100;

/** Sampling as a source: goes on while the destination is away, and sends what it has not committed again. */
export class SamplingSource implements Source {
  readonly kind = "sampling";
  readonly endless = true;
  readonly #options: ResolvedSamplingOptions;
  readonly #clock: Clock;
  #engine: Promise<SamplingEngine> | undefined;
  #running: SamplingEngine | undefined;

  constructor(options: ResolvedSamplingOptions, clock: Clock = systemClock) {
    this.#options = options;
    this.#clock = clock;
  }

  async *read(context: ReadContext): AsyncGenerator<Message> {
    if (context.signal.aborted) return;
    const engine = await this.#started(context);
    engine.context = context;
    const { backlog } = engine;
    let position = this.#recovered(context, engine);
    yield* this.#streams();
    let checkpoint = this.#clock.monotonic();
    let dirty = false;
    for (;;) {
      const stopped = context.signal.aborted;
      const ended = engine.ended;
      for (const entry of await backlog.after(position)) {
        for (let at = 0; at < entry.rows.length; at += MESSAGE_ROWS) {
          const rows = entry.rows.slice(at, at + MESSAGE_ROWS);
          // Ticks come first.
          await new Promise(setImmediate);
          yield { type: "rows", stream: entry.stream, slice: SLICE, rows };
        }
        position = entry.position;
        dirty = true;
      }
      const over = stopped || (ended && backlog.end <= position);
      if (dirty && (over || this.#clock.monotonic() - checkpoint >= this.#options.flushMs / 2)) {
        yield { type: "checkpoint", slice: SLICE, state: { session: backlog.session, position } };
        checkpoint = this.#clock.monotonic();
        dirty = false;
      }
      if (over) return;
      await engine.gathered(GATHER_MS, context.signal);
    }
  }

  committed(receipts: readonly Receipt[]): void {
    for (const { slice, state } of receipts) {
      const known = stateOf(state);
      if (slice !== SLICE || known === undefined) continue;
      if (known.session === this.#running?.backlog.session) this.#running.backlog.trim(known.position);
    }
  }

  control(command: SourceCommand): Promise<Json> {
    const engine = this.#running;
    if (engine === undefined) {
      throw new MillraceError("MLR_ARGUMENT_INVALID", "sampling has not been started", {
        hint: "Start the pipeline.",
      });
    }
    return engine.control(command);
  }

  async close(): Promise<void> {
    const engine = await this.#engine?.catch(() => undefined);
    this.#engine = undefined;
    this.#running = undefined;
    await engine?.close();
  }

  *#streams(): Generator<Message> {
    const { names, aggregate } = this.#options;
    if (aggregate === undefined || aggregate.keepSamples)
      yield { type: "schema", stream: samplesStream(names) };
    if (aggregate !== undefined) yield { type: "schema", stream: windowsStream(names) };
  }

  /** A reading after a failure goes on with what sampled meanwhile. */
  #started(context: ReadContext): Promise<SamplingEngine> {
    if (this.#engine === undefined) {
      const engine = SamplingEngine.start(this.#options, context, {
        clock: this.#clock,
        committed: stateOf(context.checkpoints.get(SLICE)),
      });
      this.#engine = engine;
      engine.then(
        (started) => {
          this.#running = started;
        },
        () => {
          this.#engine = undefined;
        },
      );
    }
    return this.#engine;
  }

  /** The destination knows what is committed; what it has is not sent again. */
  #recovered({ checkpoints }: ReadContext, { backlog }: SamplingEngine): number {
    const state = stateOf(checkpoints.get(SLICE));
    if (state?.session === backlog.session) backlog.trim(state.position);
    return backlog.start;
  }
}

function stateOf(state: Json | undefined): BacklogState | undefined {
  if (typeof state !== "object" || state === null || Array.isArray(state)) return undefined;
  const { session, position } = state as { readonly [key: string]: Json };
  return typeof session === "string" && typeof position === "number" ? { session, position } : undefined;
}
