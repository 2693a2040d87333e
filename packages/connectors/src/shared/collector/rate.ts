/** Seconds that a rate is of. */
const WINDOW_SECONDS = 10;

/** Counts, and tells how many came in a second over the last ten. */
export class Rate {
  total = 0;
  readonly #marks: { readonly at: number; readonly total: number }[] = [];

  add(count = 1): void {
    this.total += count;
  }

  /** To be called about once a second. @param now monotonic, in ms */
  tick(now: number): void {
    this.#marks.push({ at: now, total: this.total });
    while ((this.#marks[0]?.at ?? now) < now - WINDOW_SECONDS * 1_000) this.#marks.shift();
  }

  get perSecond(): number {
    const [first] = this.#marks;
    const last = this.#marks.at(-1);
    if (first === undefined || last === undefined || last.at <= first.at) return 0;
    return round(((last.total - first.total) * 1_000) / (last.at - first.at));
  }
}

/** To one decimal place: what people read. */
export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
