/** One time at which a pipeline is to run. */
export interface Fire {
  /** When the schedule has it, in ms since 1970: what tells it from the pipeline's other fires. */
  readonly dueMs: number;
  /** When it is to be started: `dueMs` and the jitter. */
  readonly startMs: number;
  /** Why it is not started. */
  readonly leftOut?: "blackout";
}
