import { invalid, makeRule } from "../make-rule.ts";
import type { Finding, QualityRule, TableLook, TableRuleOptions } from "../quality-rule.ts";
import { robustBand } from "../robust-band.ts";
import { skipped } from "../skipped.ts";

/** How a run is compared with those before it. */
export interface VolumeHistory {
  /** How many runs before it are looked at. Default 20. */
  readonly runs?: number;
  /** How many median absolute deviations from their median are usual. Default 5. */
  readonly k?: number;
  /** What is usual at least, as a share of the median to each side. Default 0.1. */
  readonly tolerance?: number;
  /** With fewer runs before it, only `min` and `max` are judged. Default 5. */
  readonly minRuns?: number;
}

/** What `volume` may be given. */
export interface VolumeOptions extends TableRuleOptions {
  /** Least rows. Default: no limit. */
  readonly min?: number;
  /** Most rows. Default: no limit. */
  readonly max?: number;
  /** Compare with past runs: median ± k × MAD, see `VolumeHistory`; `true` for the defaults. Default: not compared. */
  readonly history?: VolumeHistory | true;
}

/**
 * The rows that a run brings to the table are neither too few nor too many: `volume({ min: 1_000, history: { k: 4 } })`.
 * Counted are rows as they were read, changed or not, without those in the quarantine. A run with `--limit` or `--since`
 * is not judged.
 */
export function volume(options: VolumeOptions): QualityRule {
  const { min, max } = options;
  const history = historyOf(options.history);
  if (min === undefined && max === undefined && history === undefined) {
    throw invalid(
      "volume",
      "needs min, max or history",
      "Such as volume({ min: 1 }) or volume({ history: true }).",
    );
  }
  for (const bound of [min, max]) {
    if (bound !== undefined && !(Number.isInteger(bound) && bound >= 0)) {
      throw invalid("volume", `needs whole numbers of rows, not ${String(bound)}`);
    }
  }
  return makeRule({
    kind: "volume",
    columns: [],
    about: "",
    expected: expectedText(min, max, history),
    options,
    own: ["min", "max", "history"],
    given: [options],
    test: { per: "table", needs: [], judge: (look) => judge(look, { min, max, history }) },
  });
}

interface Limits {
  readonly min: number | undefined;
  readonly max: number | undefined;
  readonly history: Required<VolumeHistory> | undefined;
}

async function judge(look: TableLook, { min, max, history }: Limits): Promise<Finding> {
  if (look.partial !== undefined) return skipped(look.partial);
  const observed = look.brought;
  const finding = (passed: boolean, more: Partial<Finding> = {}): Finding => ({
    status: passed ? "passed" : "failed",
    observed,
    failures: passed ? 0 : 1,
    ...more,
  });
  if (observed < (min ?? 0) || observed > (max ?? Infinity)) return finding(false);
  if (history === undefined) return finding(true);
  const past = await look.past(history.runs);
  const bounded = min !== undefined || max !== undefined;
  if (past === undefined || past.length < history.minRuns) {
    const reason =
      past === undefined
        ? "results of past runs are not at hand"
        : `there are ${past.length} past runs to compare with, of ${history.minRuns}`;
    // The number is kept all the same: it is what later runs are compared with.
    return bounded ? finding(true, { reason }) : { status: "skipped", observed, failures: 0, reason };
  }
  const { low, high, median } = robustBand(past, history.k, history.tolerance);
  const expected = `${whole(low, Math.ceil)} to ${whole(high, Math.floor)} rows (median ${median} of ${past.length} runs)`;
  return finding(observed >= low && observed <= high, { expected });
}

function historyOf(given: VolumeHistory | true | undefined): Required<VolumeHistory> | undefined {
  if (given === undefined) return undefined;
  const { runs = 20, k = 5, tolerance = 0.1, minRuns = 5 } = given === true ? {} : given;
  const whole = [runs, minRuns].every((each) => Number.isInteger(each) && each >= 1 && each <= 1_000);
  if (!whole || minRuns > runs || !(k > 0) || !(tolerance >= 0)) {
    throw invalid(
      "volume",
      `was given a history that cannot be: ${JSON.stringify(given)}`,
      "runs and minRuns are whole numbers up to 1,000, minRuns is not above runs, k is above 0, tolerance from 0 up.",
    );
  }
  return { runs, k, tolerance, minRuns };
}

function expectedText(
  min: number | undefined,
  max: number | undefined,
  history: Required<VolumeHistory> | undefined,
): string {
  const parts = [
    ...(min === undefined ? [] : [`at least ${min} ${min === 1 ? "row" : "rows"}`]),
    ...(max === undefined ? [] : [`at most ${max} ${max === 1 ? "row" : "rows"}`]),
    ...(history === undefined ? [] : [`as many rows as usual (${history.k} × MAD of ${history.runs} runs)`]),
  ];
  return parts.join(", ");
}

function whole(value: number, round: (value: number) => number): number {
  return Math.max(0, round(value));
}
