import { MillraceError } from "../errors.ts";
import type { QualityResult } from "./quality-result.ts";
import type { Finding, QualityRule, TableLook } from "./quality-rule.ts";
import { maskedSample } from "./samples.ts";
import { skipped } from "./skipped.ts";

/**
 * What a rule on a table comes to. One that could not be judged is skipped, and with severity `fail` has failed: nobody knows
 * that the table is right. Fails only with errors that may pass, such as a lost connection, of rules with severity `fail`:
 * where a connection is lost for others, the commit will tell.
 */
export async function judgeTable(table: string, rule: QualityRule, look: TableLook): Promise<QualityResult> {
  const { name, kind, severity, samples, test } = rule;
  const found =
    test.per === "table" ? await finding(rule, () => test.judge(look)) : skipped("it looks at rows");
  return {
    table,
    rule: name,
    kind,
    severity,
    landed: true,
    status: found.status,
    observed: found.observed,
    expected: found.expected ?? rule.expected,
    checked: found.checked ?? null,
    failures: found.failures,
    samples: (found.samples ?? [])
      .slice(0, samples)
      .map((sample) =>
        typeof sample === "object" && sample !== null && !Array.isArray(sample)
          ? maskedSample(sample as Parameters<typeof maskedSample>[0])
          : sample,
      ),
    ...(found.reason === undefined ? {} : { reason: found.reason }),
  };
}

async function finding(rule: QualityRule, judge: () => Promise<Finding>): Promise<Finding> {
  try {
    return await judge();
  } catch (error) {
    const stops = rule.severity === "fail";
    if (stops && error instanceof MillraceError && error.retry === "later") throw error;
    const message = error instanceof Error ? error.message : String(error);
    const reason = `it could not be judged: ${message}`;
    return stops ? { ...skipped(reason), status: "failed", failures: 1 } : skipped(reason);
  }
}
