import type { RelationalDialect } from "../relational-dialect.ts";
import type { StateTables } from "../state/state-tables.ts";
import type { Link } from "./link.ts";

/**
 * Named points of the way of a session, in their order: `opened`; per commit `commit-begin`, `defined`, `fenced`, then per
 * table `applied`; `recorded` (checkpoints, epochs, counts), `before-commit`, `after-commit`.
 */
export type Step =
  | "opened"
  | "staged"
  | "commit-begin"
  | "defined"
  | "fenced"
  | "applied"
  | "recorded"
  | "before-commit"
  | "after-commit";

/** Seams for tests that stop, break or delay a session where it hurts. */
export interface RelationalInternals {
  /** Called at each step and waited for; what it throws fails the step. */
  readonly onStep?: (step: Step) => void | Promise<void>;
}

/** What the parts of a session share. */
export interface SessionContext {
  readonly dialect: RelationalDialect;
  readonly link: Link;
  readonly state: StateTables;
  readonly pipeline: string;
  /** The run (UUID) that the rows are written for. */
  readonly run: string;
  /** Only looks: nothing may go into a table that stays. */
  readonly dryRun: boolean;
  /** A number that no temporary table of this session has yet. */
  nextNumber(): number;
  step(step: Step): Promise<void>;
}
