import { type Clock, MillraceError } from "@millrace/core";

/** How acknowledgements are waited for. */
export interface AcknowledgementOptions {
  /** Asks which of these are acknowledged. */
  readonly ask: (ids: readonly number[], signal: AbortSignal) => Promise<Readonly<Record<string, boolean>>>;
  readonly clock: Clock;
  /** Longest wait for one, in milliseconds. */
  readonly timeoutMs: number;
}

interface Waiting {
  readonly since: number;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

/** Time between two questions: Splunk's indexers take a second or several. */
const ASK_MS = 500;
/** Longest wait for an answer. */
const ANSWER_MS = 15_000;

/** Waits for the indexers' acknowledgements of many batches, with one question for all at a time. */
export class SplunkAcknowledgements {
  readonly #options: AcknowledgementOptions;
  readonly #waiting = new Map<number, Waiting>();
  #asking = false;

  constructor(options: AcknowledgementOptions) {
    this.#options = options;
  }

  /** Resolves when the batch of that id is on disk; rejects where that takes too long, or nobody can say. */
  async wait(id: number, signal: AbortSignal): Promise<void> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const abort = (): void => reject(signal.reason);
    this.#waiting.set(id, { since: this.#options.clock.monotonic(), resolve, reject });
    signal.addEventListener("abort", abort, { once: true });
    void this.#ask();
    try {
      await promise;
    } finally {
      this.#waiting.delete(id);
      signal.removeEventListener("abort", abort);
    }
  }

  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    try {
      while (this.#waiting.size > 0) {
        const acks = await this.#options.ask([...this.#waiting.keys()], AbortSignal.timeout(ANSWER_MS));
        this.#settle(acks);
        if (this.#waiting.size > 0) await this.#options.clock.sleep(ASK_MS);
      }
    } catch (error) {
      for (const { reject } of this.#waiting.values()) reject(error);
      this.#waiting.clear();
    } finally {
      this.#asking = false;
    }
  }

  #settle(acks: Readonly<Record<string, boolean>>): void {
    const now = this.#options.clock.monotonic();
    for (const [id, { since, resolve, reject }] of this.#waiting) {
      if (acks[String(id)] === true) resolve();
      else if (now - since > this.#options.timeoutMs) reject(this.#overdue());
      else continue;
      this.#waiting.delete(id);
    }
  }

  #overdue(): MillraceError {
    return new MillraceError(
      "MLR_LOG_SINK_FAILED",
      `Splunk's indexers did not acknowledge lines within ${this.#options.timeoutMs} ms`,
      {
        hint: "They are sent again, and may be in Splunk twice: each event has an id. See whether the indexers keep up.",
      },
    );
  }
}
