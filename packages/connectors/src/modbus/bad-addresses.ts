import type { Clock } from "@millrace/core";
import type { ModbusTable } from "./address.ts";
import type { Gap, PlacedPoint } from "./blocks.ts";

/** What a device was found not to have: single points, and gaps between points that cannot be read along. */
export class BadAddresses {
  readonly #clock: Clock;
  readonly #retryMs: number;
  readonly #bad = new Map<
    string,
    { readonly placed: PlacedPoint; readonly code: string; readonly retryAt: number }
  >();
  readonly #splits = new Set<string>();
  /** Counts up when blocks have to be made anew. */
  version = 0;

  constructor(clock: Clock, retryMs: number) {
    this.#clock = clock;
    this.#retryMs = retryMs;
  }

  get size(): number {
    return this.#bad.size;
  }

  /** Why a point is not asked for; undefined where it is. */
  codeOf(placed: PlacedPoint): string | undefined {
    return this.#bad.get(keyOf(placed))?.code;
  }

  /** Whether it is time to try again. */
  isDue(placed: PlacedPoint): boolean {
    const known = this.#bad.get(keyOf(placed));
    return known !== undefined && this.#clock.monotonic() >= known.retryAt;
  }

  add(placed: PlacedPoint, code: string): void {
    if (!this.#bad.has(keyOf(placed))) this.version += 1;
    this.#bad.set(keyOf(placed), { placed, code, retryAt: this.#clock.monotonic() + this.#retryMs });
  }

  remove(placed: PlacedPoint): void {
    if (this.#bad.delete(keyOf(placed))) this.version += 1;
  }

  /** What lies before this point cannot be read in one with it. */
  split(unit: number, table: ModbusTable, offset: number): void {
    this.#splits.add(`${unit} ${table} ${offset}`);
    this.version += 1;
  }

  /** Whether a gap must not be read along: it was refused, or holds what was. */
  isSplit({ unit, table, end, offset }: Gap): boolean {
    if (this.#splits.has(`${unit} ${table} ${offset}`)) return true;
    for (const { placed } of this.#bad.values()) {
      const { point } = placed;
      const sameTable = placed.unit === unit && point.table === table;
      if (sameTable && point.offset < offset && point.offset + point.length > end) return true;
    }
    return false;
  }
}

function keyOf({ unit, point }: PlacedPoint): string {
  return `${unit} ${point.table} ${point.offset} ${point.length}`;
}
