import type { Clock } from "@millrace/core";
import type { Reading, SamplingReader, Variable } from "../../shared/sampling/index.ts";

/** A reading took longer than it may. */
export class ReadingTimeout extends Error {
  constructor(reader: string, ms: number) {
    super(`reader "${reader}" gave no answer within ${ms} ms`);
  }
}

/** Calls a reader with a time limit. A call that goes on beyond it is never joined by another: until it ends all are timeouts. */
export class TimedReads {
  readonly #reader: SamplingReader;
  readonly #connection: string;
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #closing: AbortSignal;
  #stuck = false;

  constructor(options: {
    readonly reader: SamplingReader;
    readonly connection: string;
    readonly clock: Clock;
    readonly timeoutMs: number;
    /** Gives up what goes on. */
    readonly closing: AbortSignal;
  }) {
    this.#reader = options.reader;
    this.#connection = options.connection;
    this.#clock = options.clock;
    this.#timeoutMs = options.timeoutMs;
    this.#closing = options.closing;
  }

  async read(variables: readonly Variable[]): Promise<readonly Reading[]> {
    if (this.#stuck) throw new ReadingTimeout(this.#reader.name, this.#timeoutMs);
    const over = new AbortController();
    const stop = (): void => over.abort();
    this.#closing.addEventListener("abort", stop, { once: true });
    const answered = new AbortController();
    const reading = this.#reader.read(variables, { signal: over.signal, connection: this.#connection });
    try {
      const timer = this.#clock.sleep(this.#timeoutMs, anyOf(answered, over));
      const first = await Promise.race([reading, timer]);
      if (first !== undefined) return first;
      this.#stuck = true;
      const free = (): void => {
        this.#stuck = false;
      };
      reading.then(free, free);
      over.abort();
      throw new ReadingTimeout(this.#reader.name, this.#timeoutMs);
    } finally {
      answered.abort();
      this.#closing.removeEventListener("abort", stop);
    }
  }
}

/** Aborted with either, and kept alive by neither: both live as long as one reading. */
function anyOf(a: AbortController, b: AbortController): AbortSignal {
  const both = new AbortController();
  for (const each of [a, b]) each.signal.addEventListener("abort", () => both.abort(), { once: true });
  return both.signal;
}
