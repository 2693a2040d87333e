/** What the calls of one watched function came to in a run, or in the part of it that one process carried out. */
export interface FunctionCalls {
  readonly name: string;
  /** Calls that have ended. */
  readonly calls: number;
  /** Those that threw or rejected. */
  readonly errors: number;
  /** All of them together, in milliseconds. Calls that go on at the same time count each. */
  readonly totalMs: number;
  readonly meanMs: number;
  /** The duration that 95 % do not exceed, within 3.2 %. */
  readonly p95Ms: number;
  readonly maxMs: number;
}
