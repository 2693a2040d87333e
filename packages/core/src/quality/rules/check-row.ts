import { MillraceError } from "../../errors.ts";
import type { Row } from "../../row.ts";
import { invalid, makeRule } from "../make-rule.ts";
import type { QualityRule, RowRuleOptions } from "../quality-rule.ts";

/**
 * Every row passes a function: `checkRow("ends after it begins", (row) => row.ends >= row.begins)`. The row is in storage
 * form (times are microseconds since 1970, decimals are texts), under the table's names, and must not be changed. The
 * function answers true or false at once; where it throws, the row counts as failing.
 */
export function checkRow(
  name: string,
  test: (row: Row) => boolean,
  options: Omit<RowRuleOptions, "name"> = {},
): QualityRule {
  if (typeof test !== "function") throw invalid("checkRow", "needs a name and a function on a row");
  return makeRule({
    kind: "checkRow",
    columns: [],
    expected: "the function returns true",
    options: { ...options, name },
    test: { per: "row", compile: () => (row) => answer(name, test, row) },
  });
}

function answer(name: string, test: (row: Row) => boolean, row: Row): boolean {
  let result: unknown;
  try {
    result = test(row);
  } catch {
    return false;
  }
  if (typeof result === "boolean") return result;
  throw new MillraceError(
    "MLR_PIPELINE_INVALID",
    `the function of quality rule "${name}" answered ${result instanceof Promise ? "with a promise" : `with ${typeof result}`} instead of true or false`,
    { hint: "Let it return a boolean at once; what has to wait belongs into checkTable()." },
  );
}
