import type { RoutedRecord } from "../../log-record.ts";
import { jsonLine } from "../stdout/line-text.ts";

/** What a record may give as a label. */
export const LOKI_LABELS = ["level", "pipeline", "group", "logger", "stream", "worker"] as const;

/** How records become Loki's streams. */
export interface LokiStreamOptions {
  /** Labels of every line. */
  readonly labels: Readonly<Record<string, string>>;
  /** What becomes a label of each line. */
  readonly labelsFrom: readonly (typeof LOKI_LABELS)[number][];
  /** Most streams at the same time; beyond it values of labels become `other`. */
  readonly maxStreams: number;
  /** Longest line, in bytes. */
  readonly maxLineBytes: number;
  /** Give run, worker and attempt as structured metadata. */
  readonly metadata: boolean;
}

/** A stream of Loki's push request. */
export interface LokiStream {
  readonly stream: Readonly<Record<string, string>>;
  readonly values: readonly LokiValue[];
}

type LokiValue = readonly [time: string, line: string, metadata?: Readonly<Record<string, string>>];

/** Sorts records into streams, and keeps the number of streams within its limit for good. */
export class LokiStreams {
  readonly #options: LokiStreamOptions;
  readonly #known = new Set<string>();

  constructor(options: LokiStreamOptions) {
    this.#options = options;
  }

  /** @param late adds a label, for lines that are too old for the streams of the others. */
  of(records: readonly RoutedRecord[], late: boolean): LokiStream[] {
    const streams = new Map<
      string,
      { stream: Record<string, string>; values: { ms: number; value: LokiValue }[] }
    >();
    for (const record of records) {
      const { key, labels } = this.#labels(record, late);
      const entry = streams.get(key) ?? { stream: labels, values: [] };
      streams.set(key, entry);
      const ms = Date.parse(record.at);
      entry.values.push({ ms, value: this.#value(record, ms) });
    }
    // Within a request Loki wants the lines of a stream in order.
    return [...streams.values()].map(({ stream, values }) => ({
      stream,
      values: values.toSorted((a, b) => a.ms - b.ms).map(({ value }) => value),
    }));
  }

  #labels(
    record: RoutedRecord,
    late: boolean,
  ): { readonly key: string; readonly labels: Record<string, string> } {
    const { labels, labelsFrom, maxStreams } = this.#options;
    const own: Record<string, string> = { ...labels };
    for (const name of labelsFrom) {
      const value = record[name];
      if (value !== undefined) own[name] = value;
    }
    if (late) own["late"] = "true";
    const key = JSON.stringify(own);
    if (this.#known.has(key)) return { key, labels: own };
    if (this.#known.size < maxStreams) {
      this.#known.add(key);
      return { key, labels: own };
    }
    const few = Object.fromEntries(
      Object.entries(own).map(([name, value]) => [
        name,
        name in labels || name === "level" || name === "late" ? value : "other",
      ]),
    );
    return { key: JSON.stringify(few), labels: few };
  }

  #value(record: RoutedRecord, ms: number): LokiValue {
    const time = `${BigInt(ms)}000000`;
    const line = this.#line(record);
    if (!this.#options.metadata) return [time, line];
    const { run, attempt, worker } = record;
    const metadata = {
      ...(run === undefined ? {} : { run }),
      ...(attempt === undefined ? {} : { attempt: String(attempt) }),
      ...(worker === undefined ? {} : { worker }),
    };
    return Object.keys(metadata).length === 0 ? [time, line] : [time, line, metadata];
  }

  /** Where a line is too long its fields go first, then the end of its message. */
  #line(record: RoutedRecord): string {
    const { maxLineBytes } = this.#options;
    const whole = jsonLine(record);
    if (Buffer.byteLength(whole) <= maxLineBytes) return whole;
    const { fields: _, ...rest } = record;
    const bare = jsonLine({ ...rest, fields: { cut: "the fields were too long" } });
    if (Buffer.byteLength(bare) <= maxLineBytes) return bare;
    // In JSON a character takes up to six bytes.
    const message = rest.message.slice(0, Math.max(0, Math.floor((maxLineBytes - 1000) / 6)));
    return jsonLine({ ...rest, message, fields: { cut: "the line was too long" } });
  }
}
