import type { RunEvent } from "@millrace/core";

/** How fast a run goes and what its process uses, as its record tells while it goes on. Null: not known. */
export interface RunMeasures {
  /** Read so far. */
  readonly rows: number;
  readonly totalRows: number | null;
  readonly bytes: number | null;
  readonly totalBytes: number | null;
  /** Over the last seconds. */
  readonly rowsPerSecond: number | null;
  readonly memoryBytes: number | null;
  /** Of one core, over the last seconds; 2: two cores. */
  readonly cpuShare: number | null;
}

/** What a process used when it was looked at. */
export interface ProcessSample {
  /** Milliseconds that never jump. */
  readonly at: number;
  readonly memoryBytes: number | undefined;
  /** Since the process began. */
  readonly cpuMs: number | undefined;
}

interface Point {
  readonly at: number;
  readonly rows: number;
  readonly cpuMs: number | undefined;
}

/** Time over which speeds are measured. */
const SPAN_MS = 5_000;

/** Measures a run by what it tells and what its process uses. */
export class RunMeter {
  #told: Omit<Extract<RunEvent, { type: "progress" }>, "type"> = { rows: 0 };
  #memoryBytes: number | undefined;
  /** Oldest first, reaching back over the span. */
  readonly #points: Point[] = [];

  observe(event: RunEvent): void {
    if (event.type === "progress") this.#told = { ...this.#told, ...event };
  }

  sample({ at, memoryBytes, cpuMs }: ProcessSample): void {
    this.#memoryBytes = memoryBytes;
    this.#points.push({ at, rows: this.#told.rows, cpuMs });
    while (at - (this.#points[1]?.at ?? at) >= SPAN_MS) this.#points.shift();
  }

  get measures(): RunMeasures {
    const { rows, totalRows, bytes, totalBytes } = this.#told;
    const first = this.#points[0];
    const last = this.#points.at(-1);
    const spanMs = first === undefined || last === undefined ? 0 : last.at - first.at;
    const speed = (from: number | undefined, to: number | undefined): number | null =>
      spanMs <= 0 || from === undefined || to === undefined ? null : Math.max(0, to - from) / spanMs;
    const perMs = speed(first?.rows, last?.rows);
    const cpu = speed(first?.cpuMs, last?.cpuMs);
    return {
      rows,
      totalRows: totalRows ?? null,
      bytes: bytes ?? null,
      totalBytes: totalBytes ?? null,
      rowsPerSecond: perMs === null ? null : Math.round(perMs * 10_000) / 10,
      memoryBytes: this.#memoryBytes ?? null,
      cpuShare: cpu === null ? null : Math.round(cpu * 100) / 100,
    };
  }
}
