import type { Json, QualityResult, QualityStatus, Severity } from "@millrace/core";

/** A result of a quality rule as it is kept. */
export interface RecordedResult extends QualityResult {
  /** When it was told, ISO 8601. */
  readonly at: string;
  /** The run's id. */
  readonly run: string;
  /** Fence number of the run's attempt; null where it is not known. */
  readonly attempt: string | null;
  readonly pipeline: string;
}

/** A row of `millrace_control.quality_results`. */
export interface ResultRow {
  readonly at: Date;
  readonly run: string;
  readonly attempt: string | null;
  readonly pipeline: string;
  readonly table_name: string;
  readonly rule: string;
  readonly kind: string;
  readonly severity: Severity;
  readonly status: QualityStatus;
  readonly landed: boolean;
  readonly observed: Json;
  readonly expected: string;
  readonly checked: string | null;
  readonly failures: string;
  readonly samples: readonly Json[];
  readonly reason: string | null;
}

/** A result as it was kept. */
export function resultOf(row: ResultRow): RecordedResult {
  const { at, table_name: table, checked, failures, reason, ...others } = row;
  return {
    at: at.toISOString(),
    run: others.run,
    attempt: others.attempt,
    pipeline: others.pipeline,
    table,
    rule: others.rule,
    kind: others.kind,
    severity: others.severity,
    status: others.status,
    landed: others.landed,
    observed: others.observed,
    expected: others.expected,
    checked: checked === null ? null : Number(checked),
    failures: Number(failures),
    samples: others.samples,
    ...(reason === null ? {} : { reason }),
  };
}
