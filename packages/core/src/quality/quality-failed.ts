import { MillraceError } from "../errors.ts";
import type { QualityResult } from "./quality-result.ts";

/** Samples in a message. */
const SHOWN = 3;

/** MLR_QUALITY_FAILED for the rules, at least one, that keep a commit from landing. */
export function qualityFailed(failed: readonly QualityResult[]): MillraceError {
  const [first] = failed as readonly [QualityResult, ...QualityResult[]];
  const others = failed.length - 1;
  const more = others === 0 ? "" : `; and ${others} more ${others === 1 ? "rule" : "rules"}`;
  return new MillraceError("MLR_QUALITY_FAILED", `${describe(first)}${more}`, {
    hint: "Nothing of this commit landed; what was committed before stands. Correct the data or the rule, then run again.",
    details: {
      rules: failed.map(({ table, rule, expected, observed, failures, samples }) => ({
        table,
        rule,
        expected,
        observed,
        failures,
        samples: [...samples],
      })),
    },
  });
}

function describe({
  table,
  rule,
  expected,
  observed,
  checked,
  failures,
  samples,
  reason,
}: QualityResult): string {
  const what =
    checked !== null
      ? `${failures} of ${checked} rows failed`
      : reason !== undefined
        ? reason
        : `found ${JSON.stringify(observed)}`;
  const shown = samples.slice(0, SHOWN).map((sample) => JSON.stringify(sample));
  const such = shown.length === 0 ? "" : `, such as ${shown.join(" ")}`;
  return `quality rule "${rule}" of table "${table}" (${expected}): ${what}${such}`;
}
