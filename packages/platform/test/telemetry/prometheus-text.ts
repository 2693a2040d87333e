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
  const found = new Map<string, { type: string; help: string; samples: Scraped["samples"][number][] }>();
  let current = "";
  let samplesSeen = new Set<string>();
  for (const line of text.slice(0, -1).split("\n")) {
    if (line === "") continue;
    const [, kind, name = "", rest = ""] = /^# (HELP|TYPE) (\S+) ?(.*)$/.exec(line) ?? [];
    if (kind === "HELP") {
      if (!NAME.test(name) || found.has(name)) throw new Error(`${name} is no name, or comes twice`);
      found.set(name, { type: "", help: rest, samples: [] });
      current = name;
      samplesSeen = new Set();
    } else if (kind === "TYPE") {
      const metric = found.get(name);
      if (metric === undefined || metric.type !== "" || name !== current)
        throw new Error(`TYPE of ${name} is out of place`);
      if (!["counter", "gauge", "histogram", "summary", "untyped"].includes(rest))
        throw new Error(`${name} is a ${rest}`);
      metric.type = rest;
    } else if (!line.startsWith("#")) {
      const sample = sampleOf(line);
      const metric = found.get(current);
      if (metric === undefined || metric.type === "") throw new Error(`"${line}" comes before its TYPE`);
      const base =
        metric.type === "histogram" ? sample.name.replace(/_(?:bucket|sum|count)$/, "") : sample.name;
      if (base !== current) throw new Error(`"${line}" is among the samples of ${current}`);
      const identity = JSON.stringify([sample.name, Object.entries(sample.labels).sort()]);
      if (samplesSeen.has(identity)) throw new Error(`"${line}" comes twice`);
      samplesSeen.add(identity);
      metric.samples.push(sample);
    }
  }
  for (const [name, metric] of found) if (metric.type === "histogram") checkHistogram(name, metric);
  return found;
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
    const key = JSON.stringify(Object.entries(others).sort());
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
