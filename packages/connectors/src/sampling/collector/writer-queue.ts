import { asMillraceError, type Clock, type MillraceError } from "@millrace/core";
import type { SampleBatch, SamplingWriter, WriterContext } from "../../shared/sampling/index.ts";

const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 30_000;
/** Samples given to a writer at once, unless one batch alone has more. */
const WRITE_SAMPLES = 20_000;

/** What a writer's queue is doing. */
export interface WriterStatus {
  readonly writer: string;
  readonly written: number;
  readonly waiting: number;
  /** Samples that were given up because the queue was full. */
  readonly dropped: number;
  readonly failures: number;
  readonly lastError?: string;
}

/**
 * Keeps batches for one writer, in their order, so that a slow or failing writer delays nobody. What fails is tried again, with
 * growing delays. Where the queue is full the oldest batches are given up, counted and told.
 */
export class WriterQueue {
  readonly #writer: SamplingWriter;
  readonly #context: WriterContext;
  readonly #limit: number;
  readonly #onError: (error: MillraceError) => void;
  readonly #clock: Clock;
  readonly #closing = new AbortController();
  readonly #waiting: SampleBatch[] = [];
  #opened = false;
  #working: Promise<void> | undefined;
  #samples = 0;
  #written = 0;
  #dropped = 0;
  #failures = 0;
  #lastError: string | undefined;

  /** @param options `limit`: samples that may wait. */
  constructor(options: {
    readonly writer: SamplingWriter;
    readonly context: WriterContext;
    readonly limit: number;
    readonly onError: (error: MillraceError) => void;
  }) {
    this.#writer = options.writer;
    this.#context = options.context;
    this.#limit = options.limit;
    this.#onError = options.onError;
    this.#clock = options.context.clock;
  }

  push(batch: SampleBatch): void {
    if (this.#closing.signal.aborted) return;
    this.#waiting.push(batch);
    this.#samples += batch.samples.length;
    while (this.#samples > this.#limit && this.#waiting.length > 1) this.#drop();
    this.#working ??= this.#work();
  }

  status(): WriterStatus {
    return {
      writer: this.#writer.name,
      written: this.#written,
      waiting: this.#samples,
      dropped: this.#dropped,
      failures: this.#failures,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  /** Writes what waits, as long as that succeeds, then closes the writer. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#working;
    if (this.#samples > 0) {
      const left = `${this.#samples} samples were not written before it was closed`;
      this.#onError(
        asMillraceError(new Error(left), "MLR_DESTINATION_FAILED", `writer "${this.#writer.name}"`),
      );
    }
    if (this.#opened) await this.#writer.close?.();
  }

  #drop(): void {
    const dropped = this.#waiting.shift()?.samples.length ?? 0;
    if (this.#dropped === 0) {
      this.#context.log(
        "warn",
        `writer "${this.#writer.name}" is too slow or away: the oldest samples are given up`,
      );
    }
    this.#samples -= dropped;
    this.#dropped += dropped;
  }

  async #work(): Promise<void> {
    let delay = FIRST_DELAY_MS;
    while (this.#waiting.length > 0) {
      const batches = this.#take();
      try {
        await this.#write(batches);
        this.#written += count(batches);
        delay = FIRST_DELAY_MS;
      } catch (cause) {
        this.#failed(cause);
        // They stand where they were; those that came meanwhile are behind them.
        this.#waiting.unshift(...batches);
        this.#samples += count(batches);
        while (this.#samples > this.#limit && this.#waiting.length > 1) this.#drop();
        if (this.#closing.signal.aborted) break;
        await this.#clock.sleep(delay, this.#closing.signal);
        delay = Math.min(delay * 2, LONGEST_DELAY_MS);
      }
    }
    this.#working = undefined;
  }

  #take(): SampleBatch[] {
    let samples = 0;
    let end = 0;
    for (const batch of this.#waiting) {
      if (end > 0 && samples + batch.samples.length > WRITE_SAMPLES) break;
      samples += batch.samples.length;
      end += 1;
    }
    this.#samples -= samples;
    return this.#waiting.splice(0, end);
  }

  async #write(batches: readonly SampleBatch[]): Promise<void> {
    if (!this.#opened) {
      await this.#writer.open?.(this.#context);
      this.#opened = true;
    }
    await this.#writer.write(batches);
  }

  #failed(cause: unknown): void {
    this.#failures += 1;
    const error = asMillraceError(cause, "MLR_DESTINATION_FAILED", `writer "${this.#writer.name}"`);
    this.#lastError = error.message;
    this.#onError(error);
  }
}

function count(batches: readonly SampleBatch[]): number {
  return batches.reduce((sum, { samples }) => sum + samples.length, 0);
}
