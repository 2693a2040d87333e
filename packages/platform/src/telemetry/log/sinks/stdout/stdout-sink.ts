import type { Writable } from "node:stream";
import type { RoutedRecord } from "../../log-record.ts";
import type { LogSink } from "../../log-sink.ts";
import { jsonLine, prettyLine } from "./line-text.ts";

/** How lines are printed. */
export interface StdoutSinkOptions {
  readonly name: string;
  readonly format: "json" | "pretty";
  /** Colours, where `format` is `pretty`. */
  readonly colours: boolean;
  /** Where to. Usually `process.stdout`. */
  readonly stream: Writable;
}

/** Prints lines. Where nobody reads them any more they are dropped: there is no one to keep them for. */
export class StdoutSink implements LogSink {
  readonly name: string;
  readonly #options: StdoutSinkOptions;
  #gone = false;
  readonly #onError = (): void => {
    this.#gone = true;
  };

  constructor(options: StdoutSinkOptions) {
    this.name = options.name;
    this.#options = options;
    options.stream.on("error", this.#onError);
  }

  async write(batch: readonly RoutedRecord[]): Promise<void> {
    if (this.#gone) return;
    const { format, colours, stream } = this.#options;
    const line = format === "json" ? jsonLine : (record: RoutedRecord) => prettyLine(record, { colours });
    const text = batch.map((record) => `${line(record)}\n`).join("");
    await new Promise<void>((resolve) => stream.write(text, () => resolve()));
  }

  async close(): Promise<void> {
    this.#options.stream.removeListener("error", this.#onError);
  }
}
