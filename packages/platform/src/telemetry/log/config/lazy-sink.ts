import type { RoutedRecord } from "../log-record.ts";
import type { LogSink, RefusedRecord } from "../log-sink.ts";
import type { LogSinkSpec, SinkContext } from "./log-sink-spec.ts";

/** A sink that is opened with its first batch, and tried again with the next one where that fails, such as for a secret that is not set. */
export class LazySink implements LogSink {
  readonly name: string;
  readonly concurrency: number;
  readonly #spec: LogSinkSpec;
  readonly #context: SinkContext;
  #sink: Promise<LogSink> | undefined;
  #closed = false;

  constructor(spec: LogSinkSpec, context: SinkContext) {
    this.name = spec.name;
    this.concurrency = spec.concurrency ?? 1;
    this.#spec = spec;
    this.#context = context;
  }

  async write(batch: readonly RoutedRecord[], signal: AbortSignal): Promise<readonly RefusedRecord[] | void> {
    const sink = await this.#open();
    return sink.write(batch, signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const sink = await this.#sink?.catch(() => undefined);
    await sink?.close();
  }

  #open(): Promise<LogSink> {
    this.#sink ??= this.#spec.open(this.#context).then(
      async (sink) => {
        // It was closed while it opened.
        if (this.#closed) await sink.close();
        return sink;
      },
      (error: unknown) => {
        this.#sink = undefined;
        throw error;
      },
    );
    return this.#sink;
  }
}
