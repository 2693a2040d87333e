import { invalid, makeRule } from "../make-rule.ts";
import type { QualityRule, TableRuleOptions } from "../quality-rule.ts";

/** What `nullShare` may be given. */
export interface NullShareOptions extends TableRuleOptions {
  /** The largest share of rows without a value, from 0 to 1. */
  readonly max: number;
}

/**
 * No more than a share of the rows that a run brings has no value: `nullShare("phone", { max: 0.2 })`. Judged over the whole
 * run when it ends; a run that brings no rows says nothing.
 */
export function nullShare(column: string, options: NullShareOptions): QualityRule {
  const { max } = options;
  if (typeof max !== "number" || !(max >= 0 && max <= 1))
    throw invalid("nullShare", "needs max, a share from 0 to 1");
  return makeRule({
    kind: "nullShare",
    columns: [column],
    expected: `at most ${percent(max)} without a value`,
    options,
    own: ["max"],
    given: [column, options],
    test: {
      per: "share",
      compile(find) {
        // A column that the table does not have is null in every row.
        const name = find(column)?.name ?? column;
        return (row) => (row[name] ?? null) !== null;
      },
      judge: ({ checked, failures }) => failures <= max * checked,
    },
  });
}

function percent(share: number): string {
  return `${Number((share * 100).toPrecision(6))} %`;
}
