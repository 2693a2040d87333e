import type { Quality, SampleValue } from "./reading.ts";
import type { Variable } from "./variable.ts";

/** One value of a variable, scaled, with what is known about it. */
export interface Sample {
  readonly variable: Variable;
  readonly value: SampleValue;
  readonly quality: Quality;
  readonly code: string | undefined;
  /** ms since 1970; undefined where the device does not say. */
  readonly sourceTime: number | undefined;
  /** ms since 1970. */
  readonly readTime: number;
}

/** What one context gets of one tick from one reader. */
export interface SampleBatch {
  readonly context: { readonly id: number; readonly name: string };
  readonly reader: string;
  /** The tick that they belong to, in ms since 1970: a multiple of the interval, on a clock that never goes back. */
  readonly time: number;
  readonly samples: readonly Sample[];
}
