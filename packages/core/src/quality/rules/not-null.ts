import { columnsAndOptions, makeRule } from "../make-rule.ts";
import type { QualityRule, RowRuleOptions } from "../quality-rule.ts";

/** Every row has a value in each of these columns: `notNull("id", "name", { severity: "fail" })`. */
export function notNull(
  ...columns: readonly [string, ...string[], RowRuleOptions] | readonly [string, ...string[]]
): QualityRule {
  const given = columnsAndOptions<RowRuleOptions>("notNull", columns);
  return makeRule({
    kind: "notNull",
    columns: given.columns,
    expected: "a value in every row",
    options: given.options,
    given: [...given.columns, given.options],
    test: {
      per: "row",
      compile(column) {
        const names = given.columns.map((name) => column(name)?.name ?? name);
        const [only] = names;
        if (names.length === 1 && only !== undefined) return (row) => (row[only] ?? null) !== null;
        return (row) => names.every((name) => (row[name] ?? null) !== null);
      },
    },
  });
}
