import { columnsAndOptions, makeRule } from "../make-rule.ts";
import type { QualityRule, TableRuleOptions } from "../quality-rule.ts";
import { missingColumn, NO_TABLE } from "../skipped.ts";

/**
 * No two rows of the table have the same value, or the same values in several columns: `unique("email")`. Looks at the whole
 * table as it will be after the commit. Rows with a null in one of the columns are left out.
 */
export function unique(
  ...columns: readonly [string, ...string[], TableRuleOptions] | readonly [string, ...string[]]
): QualityRule {
  const { columns: names, options } = columnsAndOptions<TableRuleOptions>("unique", columns);
  return makeRule({
    kind: "unique",
    columns: names,
    expected: "no value twice",
    options,
    given: [...names, options],
    test: {
      per: "table",
      needs: ["duplicates"],
      async judge(look) {
        const found = names.map(look.column);
        const missing = missingColumn(names, found);
        if (missing !== undefined) return missing;
        const answer = await look.ask({
          ask: "duplicates",
          columns: found.flatMap((column) => column?.name ?? []),
        });
        if (answer === undefined) return NO_TABLE;
        const { count, samples } = answer;
        return { status: count === 0 ? "passed" : "failed", observed: count, failures: count, samples };
      },
    },
  });
}
