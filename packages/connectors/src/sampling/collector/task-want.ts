import type { SampleBatch, Variable } from "../../shared/sampling/index.ts";
import type { Want } from "../schedule/scheduler.ts";
import type { VariableState } from "./variable-state.ts";

/** The variables that one context wants at one interval of one task. */
export interface TaskWant extends Want {
  readonly states: readonly VariableState[];
  /** The same as the states'. One array for as long as the want lives: readers keep what they prepare for it. */
  readonly variables: readonly Variable[];
  /** Two ticks closer than this share a reading, in ms. */
  readonly minIntervalMs: number;
  /** Where the samples go; absent for one that only has values read. */
  readonly deliver?: (tick: number, samples: SampleBatch["samples"]) => void;
  /** Ticks of this want that were skipped. */
  readonly skipped: (ticks: number) => void;
}
