import type { Clock } from "@millrace/core";
import type { Sample } from "../../shared/sampling/index.ts";
import type { SamplingCollector } from "../collector/sampling-collector.ts";

/** Variables beyond this many are not shown one by one. */
const SHOWN = 500;
/** Values of a sparkline. */
const RECENT = 40;

/** A variable as it is now. */
export interface LiveValue {
  readonly variable: number;
  readonly name: string;
  readonly address: string;
  readonly reader: string;
  readonly unit: string | null;
  readonly value: number | string | boolean | null;
  readonly quality: string;
  readonly code: string | null;
  /** ISO 8601, UTC. */
  readonly readTime: string | null;
  readonly sourceTime: string | null;
  /** The intervals that contexts want. */
  readonly intervalsMs: readonly number[];
  /** Between its readings, of late; null where there were none. */
  readonly achievedMs: number | null;
  /** One value a second, the latest last. */
  readonly recent: readonly (number | null)[];
}

interface Watched {
  reads: number;
  since: number;
  achieved: number | null;
  readonly recent: (number | null)[];
}

/** Looks at the variables once a second, for people. */
export class LiveValues {
  readonly #collector: SamplingCollector;
  readonly #clock: Clock;
  readonly #watched = new Map<string, Watched>();

  constructor(collector: SamplingCollector, clock: Clock) {
    this.#collector = collector;
    this.#clock = clock;
  }

  look(): void {
    const now = this.#clock.monotonic();
    for (const { variable, reads, last } of this.#collector.variables(SHOWN)) {
      const key = `${variable.reader} ${variable.id}`;
      const watched = this.#watched.get(key) ?? { reads, since: now, achieved: null, recent: [] };
      this.#watched.set(key, watched);
      watched.recent.push(last === undefined ? null : toNumber(last));
      if (watched.recent.length > RECENT) watched.recent.shift();
      if (reads - watched.reads < 3 && now - watched.since < 60_000) continue;
      if (reads > watched.reads)
        watched.achieved = Math.round((now - watched.since) / (reads - watched.reads));
      watched.reads = reads;
      watched.since = now;
    }
  }

  values(): readonly LiveValue[] {
    return this.#collector.variables(SHOWN).map(({ variable, last, intervalsMs }) => {
      const watched = this.#watched.get(`${variable.reader} ${variable.id}`);
      return {
        variable: variable.id,
        name: variable.name ?? variable.address,
        address: variable.address,
        reader: variable.reader,
        unit: variable.unit ?? null,
        value: shown(last?.value ?? null),
        quality: last?.quality ?? "uncertain",
        code: last === undefined ? "not-read-yet" : (last.code ?? null),
        readTime: isoOf(last?.readTime),
        sourceTime: isoOf(last?.sourceTime),
        intervalsMs,
        achievedMs: watched?.achieved ?? null,
        recent: watched?.recent ?? [],
      };
    });
  }
}

function shown(value: Sample["value"]): number | string | boolean | null {
  if (typeof value === "bigint") return String(value);
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

function toNumber({ value, quality }: Sample): number | null {
  if (quality === "bad" || value === null || typeof value === "string") return null;
  const number = Number(value);
  return Number.isFinite(number) ? number : null;
}

function isoOf(ms: number | undefined): string | null {
  return ms === undefined ? null : new Date(ms).toISOString();
}
