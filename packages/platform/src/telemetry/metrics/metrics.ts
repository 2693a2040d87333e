import {
  Counter,
  Gauge,
  Histogram,
  type MetricObjectWithValues,
  type MetricValue,
  Registry,
} from "prom-client";
import { BoundedNames, OTHER } from "./bounded-names.ts";
import { METRICS, type MetricLabel, type MetricName, type MetricSpec } from "./metric-spec.ts";

/** Label → value. */
export type Labels = Partial<Readonly<Record<MetricLabel, string>>>;

/** How many names there may be of each kind; further ones are told as `other`. */
export interface MetricLimits {
  /** Default 200. */
  readonly pipelines?: number;
  /** Pairs of pipeline and table. Default 1,000. */
  readonly tables?: number;
  /** Default 50. */
  readonly queues?: number;
}

/** One value of a metric, for exporters. */
export type MetricJson = MetricObjectWithValues<MetricValue<string>>;

/** Longest time that a scrape waits for one source of values, in milliseconds. */
const COLLECT_MS = 2_000;

/**
 * The metrics of this process, as docs/reference/metrics.md lists them. Counting throws nothing, and keeps a bounded number of
 * names, whatever they are.
 */
export class Metrics {
  readonly #registry = new Registry();
  readonly #counters = new Map<MetricName, Counter>();
  readonly #gauges = new Map<MetricName, Gauge>();
  readonly #histograms = new Map<MetricName, Histogram>();
  readonly #pipelines: BoundedNames;
  readonly #tables: BoundedNames;
  readonly #queues: BoundedNames;
  readonly #collectors = new Set<() => void | Promise<void>>();

  constructor(limits: MetricLimits = {}) {
    this.#pipelines = new BoundedNames(limits.pipelines ?? 200);
    this.#tables = new BoundedNames(limits.tables ?? 1_000);
    this.#queues = new BoundedNames(limits.queues ?? 50);
    for (const [name, spec] of Object.entries(METRICS) as [MetricName, MetricSpec][]) this.#make(name, spec);
  }

  /** Media type of `text`. */
  get contentType(): string {
    return this.#registry.contentType;
  }

  /** Counts up. Amounts that are no positive numbers count nothing. */
  add(name: MetricName, labels: Labels = {}, amount = 1): void {
    if (amount > 0 && Number.isFinite(amount)) this.#counters.get(name)?.inc(this.#bounded(labels), amount);
  }

  /** Counts of somebody else: takes over what it has come to. */
  setTotal(name: MetricName, labels: Labels, total: number): void {
    const bounded = this.#bounded(labels);
    const counter = this.#counters.get(name);
    if (counter === undefined || !Number.isFinite(total)) return;
    counter.remove(bounded);
    counter.inc(bounded, Math.max(0, total));
  }

  /** Sets a gauge. */
  set(name: MetricName, value: number, labels: Labels = {}): void {
    if (Number.isFinite(value)) this.#gauges.get(name)?.set(this.#bounded(labels), value);
  }

  /** Adds to a histogram. */
  observe(name: MetricName, value: number, labels: Labels = {}): void {
    if (value >= 0 && Number.isFinite(value))
      this.#histograms.get(name)?.observe(this.#bounded(labels), value);
  }

  /** Forgets the values of a gauge, so that none is told that is not known any more. */
  clear(name: MetricName): void {
    const gauge = this.#gauges.get(name);
    if (METRICS[name].labels.length === 0) gauge?.remove({});
    else gauge?.reset();
  }

  /**
   * Calls `collect` before values are told. What it throws is ignored; one that takes longer than two seconds is not waited
   * for. Returns what takes it away.
   */
  onCollect(collect: () => void | Promise<void>): () => void {
    this.#collectors.add(collect);
    return () => void this.#collectors.delete(collect);
  }

  /** All values in the text format of Prometheus. */
  async text(): Promise<string> {
    await this.#collect();
    return this.#registry.metrics();
  }

  /** All values. */
  async values(): Promise<MetricJson[]> {
    await this.#collect();
    return this.#registry.getMetricsAsJSON();
  }

  #make(name: MetricName, { type, help, labels, buckets }: MetricSpec): void {
    const options = { name, help, labelNames: [...labels], registers: [this.#registry] };
    if (type === "counter") this.#counters.set(name, new Counter(options));
    else if (type === "gauge") {
      const gauge = new Gauge(options);
      // A gauge without labels says 0 before anybody knows.
      gauge.remove({});
      this.#gauges.set(name, gauge);
    } else this.#histograms.set(name, new Histogram({ ...options, buckets: [...(buckets ?? [])] }));
  }

  #bounded(labels: Labels): Labels {
    const { pipeline, table, queue } = labels;
    if (pipeline === undefined && queue === undefined) return labels;
    const bounded: { -readonly [L in keyof Labels]: Labels[L] } = { ...labels };
    if (pipeline !== undefined) bounded.pipeline = this.#pipelines.name(pipeline);
    if (table !== undefined && pipeline !== undefined) {
      const pair = JSON.stringify([bounded.pipeline, table]);
      bounded.table = this.#tables.name(pair) === pair ? table : OTHER;
    }
    if (queue !== undefined) bounded.queue = this.#queues.name(queue);
    return bounded;
  }

  async #collect(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, COLLECT_MS)));
    const each = async (collect: () => void | Promise<void>): Promise<void> => {
      try {
        await Promise.race([collect(), late]);
      } catch {
        // Its values are missing, or old; the others are told.
      }
    };
    await Promise.all([...this.#collectors].map(each));
    clearTimeout(timer);
  }
}
