import type { Sample, Variable } from "../../shared/sampling/index.ts";

/** What is kept of a variable while any context wants it: all of them share its readings. */
export interface VariableState {
  readonly variable: Variable;
  /** The tick of the last reading. */
  tick: number;
  last: Sample | undefined;
  /** How often it was read. */
  reads: number;
  /** The cycle that has it on its list: it is read once however many want it. */
  cycle: number;
}
