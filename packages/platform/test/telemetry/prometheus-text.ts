/** A metric as a scrape shows it. */
export interface Scraped {
  readonly type: string;
  readonly help: string;
  readonly samples: readonly {
    readonly name: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly value: number;
  }[];
}

const NAME = /^[a-zA-Z_:][a-zA-Z0-9_:]*$/;
const SAMPLE = /^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{(.*)\})? (\S+)$/;
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"(,|$)/y;
const VALUE = /^(?:[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?|\+Inf|-Inf|NaN)$/i;

/**
 * Reads the text format of Prometheus, version 0.0.4, as its page "Exposition formats" has it, and refuses what that does not
 * allow: HELP and TYPE once and before the samples, the samples of a metric together, histograms with rising buckets.
 */
export function parseScrape(text: string): Map<string, Scraped> {
  if (!text.endsWith("\n")) throw new Error("the last line does not end");
  const reader = new Reader();
  for (const line of text.slice(0, -1).split("\n")) reader.take(line);
  return reader.end();
}

class Reader {
  readonly #found = new Map<string, { type: string; help: string; samples: Scraped["samples"][number][] }>();
  readonly #seen = new Set<string>();
  #current = "";

  take(line: string): void {
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    if (kind === "HELP") this.#help(name, rest);
    else if (kind === "TYPE") this.#type(name, rest);
    else if (line !== "" && !line.startsWith("#")) this.#sample(line);
  }

  end(): Map<string, Scraped> {
    for (const [name, metric] of this.#found) if (metric.type === "histogram") checkHistogram(name, metric);
    return this.#found;
  }

  #help(name: string, help: string): void {
    if (!NAME.test(name) || this.#found.has(name)) throw new Error(`${name} is no name, or comes twice`);
    this.#found.set(name, { type: "", help, samples: [] });
    this.#current = name;
  }

  #type(name: string, type: string): void {
    const metric = this.#found.get(name);
    if (metric === undefined || metric.type !== "" || name !== this.#current)
      throw new Error(`TYPE of ${name} is out of place`);
    if (!["counter", "gauge", "histogram", "summary", "untyped"].includes(type))
      throw new Error(`${name} is a ${type}`);
    metric.type = type;
  }

  #sample(line: string): void {
    const sample = sampleOf(line);
    const metric = this.#found.get(this.#current);
    if (metric === undefined || metric.type === "") throw new Error(`"${line}" comes before its TYPE`);
    const { name } = sample;
    const base = metric.type === "histogram" ? name.replace(/_(?:bucket|sum|count)$/, "") : name;
    if (base !== this.#current) throw new Error(`"${line}" is among the samples of ${this.#current}`);
    const identity = JSON.stringify([name, sorted(sample.labels)]);
    if (this.#seen.has(identity)) throw new Error(`"${line}" comes twice`);
    this.#seen.add(identity);
    metric.samples.push(sample);
  }
}

function sorted(labels: Readonly<Record<string, string>>): [string, string][] {
  return Object.entries(labels).toSorted(([a], [b]) => a.localeCompare(b));
}

/** The value of a sample; undefined where there is none. */
export function valueOf(
  scrape: ReadonlyMap<string, Scraped>,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): number | undefined {
  const metric = scrape.get(name) ?? scrape.get(name.replace(/_(?:sum|count)$/, ""));
  return metric?.samples.find(
    (sample) =>
      sample.name === name &&
      Object.keys(sample.labels).length === Object.keys(labels).length &&
      Object.entries(labels).every(([label, value]) => sample.labels[label] === value),
  )?.value;
}

function sampleOf(line: string): Scraped["samples"][number] {
  const [, name = "", inner, value = ""] = SAMPLE.exec(line) ?? [];
  if (name === "" || !VALUE.test(value)) throw new Error(`"${line}" is no sample`);
  const labels: Record<string, string> = {};
  let at = 0;
  while (inner !== undefined && at < inner.length) {
    LABEL.lastIndex = at;
    const [all, label = "", text = ""] = LABEL.exec(inner) ?? [];
    if (all === undefined || label in labels) throw new Error(`the labels of "${line}" are none`);
    labels[label] = text.replace(/\\(.)/g, (_, escaped: string) => (escaped === "n" ? "\n" : escaped));
    at += all.length;
  }
  const number = value === "+Inf" ? Infinity : value === "-Inf" ? -Infinity : Number(value);
  return { name, labels, value: number };
}

function checkHistogram(name: string, { samples }: Pick<Scraped, "samples">): void {
  const series = new Map<string, { buckets: [number, number][]; count?: number; sum?: number }>();
  for (const { name: sample, labels, value } of samples) {
    const { le, ...others } = labels;
    const key = JSON.stringify(sorted(others));
    const each = series.get(key) ?? { buckets: [] };
    series.set(key, each);
    if (sample === `${name}_count`) each.count = value;
    else if (sample === `${name}_sum`) each.sum = value;
    else if (le === undefined) throw new Error(`a bucket of ${name} has no bound`);
    else each.buckets.push([le === "+Inf" ? Infinity : Number(le), value]);
  }
  for (const { buckets, count, sum } of series.values()) {
    const rising = buckets.every(
      ([bound, value], index) =>
        index === 0 || (bound > (buckets[index - 1]?.[0] ?? 0) && value >= (buckets[index - 1]?.[1] ?? 0)),
    );
    const last = buckets.at(-1);
    if (!rising || last?.[0] !== Infinity || last[1] !== count || sum === undefined) {
      throw new Error(`the buckets of ${name} do not rise to its count`);
    }
  }
}
