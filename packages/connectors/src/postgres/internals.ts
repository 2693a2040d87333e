/**
 * Named points of the way of a session, in their order: `opened`; per table `copy-begin` (rows go straight in), `staged`;
 * per commit `commit-begin`, `fenced`, `defined`, then per table `diffed`, `applied`, `removed`, `swapped`; `left` (rows that
 * leave a quarantine); `recorded` (checkpoints, epochs, counts), `before-commit`, `after-commit`.
 */
export type Step =
  | "opened"
  | "copy-begin"
  | "staged"
  | "commit-begin"
  | "fenced"
  | "defined"
  | "diffed"
  | "applied"
  | "removed"
  | "swapped"
  | "left"
  | "recorded"
  | "before-commit"
  | "after-commit";

/** Seams for tests that stop, break or delay a session where it hurts. Not part of the public interface. */
export interface PostgresInternals {
  /** Called at each step and waited for; what it throws fails the step. */
  readonly onStep?: (step: Step) => void | Promise<void>;
  /** Bytes that a pass over what an epoch has seen may take, in place of 16 MiB or `fingerprintBytes`. */
  readonly passBytes?: number;
}
