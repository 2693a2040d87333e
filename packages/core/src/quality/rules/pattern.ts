import { canonicalText } from "../../hash/canonical.ts";
import { invalid, makeRule } from "../make-rule.ts";
import type { QualityRule, RowRuleOptions } from "../quality-rule.ts";

/**
 * The text of every value matches a regular expression: `pattern("code", /^[A-Z]{2}\d+$/)`. Values of other types count
 * as their texts (dates as 2026-11-22). Nulls pass.
 */
export function pattern(column: string, expression: RegExp, options: RowRuleOptions = {}): QualityRule {
  if (!(expression instanceof RegExp))
    throw invalid("pattern", "needs a regular expression such as /^[a-z]+$/");
  // With g or y an expression remembers where it was, and every other row would fail.
  const matcher = new RegExp(expression.source, expression.flags.replaceAll(/[gy]/g, ""));
  return makeRule({
    kind: "pattern",
    columns: [column],
    expected: `text that matches ${String(expression)}`,
    options,
    given: [column, expression, options],
    test: {
      per: "row",
      compile(find) {
        const found = find(column);
        if (found === undefined) return undefined;
        const { name, type } = found;
        const text = canonicalText(type);
        return (row) => {
          const value = row[name];
          if (value === null || value === undefined) return true;
          return matcher.test(typeof value === "string" ? value : text(value));
        };
      },
    },
  });
}
