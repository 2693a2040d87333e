/** A value at one moment. Integers beyond 2^53 are bigint. null: there is none, see its code. */
export type SampleValue = number | bigint | string | boolean | null;

/** `uncertain`: may be used with care (stale, limited, simulated). `bad`: there is no value, or none to rely on. */
export type Quality = "good" | "uncertain" | "bad";

/** What a reader says of one variable. */
export interface Reading {
  readonly value: SampleValue;
  /** Default `good`. */
  readonly quality?: Quality;
  /** Why the quality is not good, in the protocol's own words: `exception-2`, `BadNodeIdUnknown`, `timeout`. */
  readonly code?: string;
  /** When the device says that the value arose, in ms since 1970. Default: it does not say. */
  readonly sourceTime?: number;
  /** When it was read, in ms since 1970. Default: the middle between asking and being answered. */
  readonly readTime?: number;
}
