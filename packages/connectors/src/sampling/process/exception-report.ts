import type { Sample, SampleBatch, SampleValue } from "../../shared/sampling/index.ts";
import { z } from "zod";
import { deadband } from "../../shared/sampling/index.ts";

/** Options of reporting by exception. */
export const exceptionOptions = z.strictObject({
  /** A change that is worth a sample, for variables that say none: a number, or a share such as `"2%"`. Default 0: any change. */
  deadband: deadband.default(0),
  /** A sample is reported at the latest after these milliseconds, changed or not. Default 3,600,000: an hour. */
  atLeastEveryMs: z.number().int().positive().default(3_600_000),
});

/** How changes are reported. */
export type ExceptionOptions = z.output<typeof exceptionOptions>;

interface Reported {
  readonly value: SampleValue;
  readonly quality: string;
  readonly code: string | undefined;
  readonly time: number;
}

/** Lets through samples whose value changed by more than the deadband, whose quality changed, or that are due anyway. */
export class ExceptionReport {
  readonly #options: ExceptionOptions;
  readonly #last = new Map<string, Reported>();
  readonly #bands = new Map<number | string, Band>();

  constructor(options: ExceptionOptions) {
    this.#options = options;
  }

  /** The batch with what is reported of it; undefined where that is nothing. */
  apply(batch: SampleBatch): SampleBatch | undefined {
    const samples = batch.samples.filter((sample) => this.#isNews(batch, sample));
    if (samples.length === batch.samples.length) return batch;
    return samples.length === 0 ? undefined : { ...batch, samples };
  }

  #isNews({ context, time }: SampleBatch, sample: Sample): boolean {
    const key = `${context.id} ${sample.variable.id}`;
    const last = this.#last.get(key);
    const news =
      last === undefined ||
      time - last.time >= this.#options.atLeastEveryMs ||
      sample.quality !== last.quality ||
      sample.code !== last.code ||
      this.#band(sample).exceeded(last.value, sample.value);
    if (news) {
      const { value, quality, code } = sample;
      this.#last.set(key, { value, quality, code, time });
    }
    return news;
  }

  #band({ variable }: Sample): Band {
    const width = variable.deadband ?? this.#options.deadband;
    const known = this.#bands.get(width);
    if (known !== undefined) return known;
    const band = new Band(width);
    this.#bands.set(width, band);
    return band;
  }
}

/** How far a value may go without being news. */
class Band {
  readonly #absolute: number;
  readonly #share: number;

  constructor(width: number | string) {
    this.#absolute = typeof width === "number" ? width : 0;
    this.#share = typeof width === "number" ? 0 : Number.parseFloat(width) / 100;
  }

  exceeded(before: SampleValue, now: SampleValue): boolean {
    if (Object.is(before, now)) return false;
    if (typeof before !== "number" || typeof now !== "number") return before !== now;
    const change = Math.abs(now - before);
    // NaN is compared with nothing.
    return !(change <= Math.max(this.#absolute, Math.abs(before) * this.#share));
  }
}
