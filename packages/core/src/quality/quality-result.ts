import type { Json } from "../json.ts";
import type { Severity } from "./quality-rule.ts";

/** What a rule came to. `skipped`: it could not be judged, `reason` says why. */
export type QualityStatus = "passed" | "failed" | "skipped";

/** What one rule found in one table in a run. */
export interface QualityResult {
  readonly table: string;
  /** The rule's name, unique within the table. */
  readonly rule: string;
  /** The function that made it, such as `range`. */
  readonly kind: string;
  readonly severity: Severity;
  readonly status: QualityStatus;
  /** False where its commit was kept from landing. */
  readonly landed: boolean;
  /** What was measured: for rules on rows the share of them that failed; a count, a time or a share for others. Null where nothing was. */
  readonly observed: Json;
  /** What the rule asks for, for people. */
  readonly expected: string;
  /** Rows that were looked at; null where rows are not what is counted. */
  readonly checked: number | null;
  /** Rows (for `schemaDrift`: changes) that are not as they should be. */
  readonly failures: number;
  /** Some of them: the key and the columns that the rule names, as short texts. */
  readonly samples: readonly Json[];
  /** Why it was skipped, or what there is to know besides. */
  readonly reason?: string;
}
