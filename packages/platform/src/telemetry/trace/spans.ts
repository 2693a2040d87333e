import { MillraceError, redactor } from "@millrace/core";
import type { ReadableSpan } from "@opentelemetry/sdk-trace";
import { loadTracePackages, type TracePackages } from "./load-opentelemetry.ts";
import { type OtlpTarget, parseHeaders, signalUrl } from "./otlp-target.ts";
import { readableSpan } from "./readable-span.ts";
import { resourceOf } from "./resource.ts";
import type { SpanRecord } from "./span-record.ts";

export interface SpansOptions extends OtlpTarget {
  /** Longest time of one export with its retries. Default 10,000 ms. */
  readonly timeoutMs?: number;
  /** Time between exports. Default 5,000 ms. */
  readonly delayMs?: number;
}

/** What became of spans so far. */
export interface SpanStats {
  readonly sent: number;
  readonly failed: number;
  /** Not kept, because too many waited. */
  readonly dropped: number;
}

/** Spans that wait, here and at the exporter; more are dropped. */
const MOST = 4_096;

/**
 * Exports spans by OTLP, in batches, in the background. Nothing here throws or waits for the collector, except `flush` for
 * a bounded time; spans that cannot be sent are dropped and counted. The packages are loaded when this is made.
 */
export class Spans {
  readonly #o: SpansOptions;
  readonly #early: SpanRecord[] = [];
  readonly #loading: Promise<void>;
  #add: ((record: SpanRecord) => void) | undefined;
  #export: { flush(): Promise<void>; shutdown(): Promise<void> } | undefined;
  /** At the exporter, and not told of yet. */
  #waiting = 0;
  #sent = 0;
  #failed = 0;
  #dropped = 0;
  #failing = false;
  #warned = false;

  constructor(options: SpansOptions) {
    this.#o = options;
    this.#loading = this.#load();
  }

  /** The last export failed: nothing arrives at the moment. */
  get failing(): boolean {
    return this.#failing;
  }

  get stats(): SpanStats {
    return { sent: this.#sent, failed: this.#failed, dropped: this.#dropped };
  }

  /** Takes a span in, and returns at once. Of a trace that is not sampled nothing is kept. */
  add(record: SpanRecord): void {
    if (!record.place.sampled) return;
    if (this.#waiting + this.#early.length >= MOST) this.#dropped++;
    else if (this.#add === undefined) this.#early.push(record);
    else this.#add(record);
  }

  /** Sends what waits, within so many milliseconds; not where nothing arrives anyway. Never throws. */
  async flush(limitMs: number): Promise<void> {
    if (this.#failing || (this.#waiting === 0 && this.#early.length === 0)) return;
    await within(
      limitMs,
      this.#loading.then(() => this.#export?.flush()),
    );
  }

  /** As `flush`, and ends. */
  async close(limitMs: number): Promise<void> {
    const started = performance.now();
    await this.flush(limitMs);
    const left = this.#failing ? 0 : limitMs - (performance.now() - started);
    await within(Math.max(0, left), this.#export?.shutdown());
  }

  async #load(): Promise<void> {
    try {
      this.#open(await loadTracePackages());
    } catch (error) {
      this.#failing = true;
      this.#add = () => void this.#dropped++;
      this.#dropped += this.#early.splice(0).length;
      const hint = error instanceof MillraceError ? `. ${error.hint ?? ""}` : "";
      this.#warn(`Traces are not sent: ${error instanceof Error ? error.message : String(error)}${hint}`);
    }
  }

  #open(packages: TracePackages): void {
    const { sdk, exporter, resources } = packages;
    const { endpoint, headers, version, timeoutMs = 10_000, delayMs = 5_000 } = this.#o;
    const otlp = new exporter.OTLPTraceExporter({
      url: signalUrl(endpoint, "traces"),
      headers: parseHeaders(headers),
      timeoutMillis: timeoutMs,
      // Collectors that are slow must not make this process keep more and more.
      concurrencyLimit: 4,
    });
    const processor = new sdk.BatchSpanProcessor({
      exporter: {
        export: (spans: ReadableSpan[], done) =>
          otlp.export(spans, (result) => {
            this.#told(
              spans.length,
              result.code === 0 ? undefined : (result.error ?? new Error("no answer")),
            );
            done(result);
          }),
        shutdown: () => otlp.shutdown(),
        forceFlush: () => otlp.forceFlush(),
      },
      maxQueueSize: MOST,
      maxExportBatchSize: 512,
      scheduledDelayMillis: delayMs,
      exportTimeoutMillis: timeoutMs,
    });
    const resource = resourceOf(resources, version);
    this.#add = (record) => {
      this.#waiting++;
      processor.onEnd(readableSpan(record, resource, version));
    };
    // The processor does not wait for what it is sending already; the exporter does.
    this.#export = {
      flush: () => Promise.allSettled([processor.forceFlush(), otlp.forceFlush()]).then(() => undefined),
      shutdown: () => processor.shutdown(),
    };
    for (const record of this.#early.splice(0)) this.#add(record);
  }

  #told(count: number, error: Error | undefined): void {
    this.#waiting -= count;
    this.#failing = error !== undefined;
    if (error === undefined) {
      this.#sent += count;
      this.#warned = false;
      return;
    }
    this.#failed += count;
    this.#warn(
      `Traces do not arrive at ${placeOf(this.#o.endpoint)}: ${redactor.text(error.message || error.name)}. Runs go on without.`,
    );
  }

  #warn(text: string): void {
    if (this.#warned) return;
    this.#warned = true;
    this.#o.warn?.(text);
  }
}

/** The endpoint without user and password. */
function placeOf(endpoint: string): string {
  const { protocol, host } = new URL(endpoint);
  return `${protocol}//${host}`;
}

async function within(limitMs: number, work: Promise<unknown> | undefined): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, limitMs)));
  await Promise.race([work, late]).catch(() => undefined);
  clearTimeout(timer);
}
