import { invalid, makeRule } from "../make-rule.ts";
import type { QualityRule, TableRuleOptions } from "../quality-rule.ts";
import { missingColumn, NO_TABLE } from "../skipped.ts";

/** Where the values of `foreignKey` have to be. */
export interface ForeignKeyOptions extends TableRuleOptions {
  /** A table of the same destination, with its namespace where that is another one: `countries` or `codes.countries`. */
  readonly table: string;
  /** Its column, or several in the order of the rule's own. Default: columns of the same names. */
  readonly column?: string | readonly string[];
}

/**
 * Every value is in a column of another table: `foreignKey("country", { table: "countries", column: "code" })`. Looks at
 * both tables as they will be after the commit. Rows with a null among the columns are left out.
 */
export function foreignKey(column: string | readonly string[], options: ForeignKeyOptions): QualityRule {
  const columns = typeof column === "string" ? [column] : column;
  if (!Array.isArray(columns) || columns.length === 0)
    throw invalid("foreignKey", "needs the name of a column");
  if (typeof options?.table !== "string" || options.table === "") {
    throw invalid("foreignKey", "needs the other table", 'Such as { table: "countries", column: "code" }.');
  }
  const given = options.column ?? columns;
  const theirs = typeof given === "string" ? [given] : given;
  if (theirs.length !== columns.length) {
    throw invalid("foreignKey", `compares ${columns.length} columns with ${theirs.length}`);
  }
  const [namespace, table] = placeOf(options.table);
  return makeRule({
    kind: "foreignKey",
    columns,
    expected: `a row of ${options.table} with the same ${theirs.join(", ")}`,
    options,
    own: ["table", "column"],
    given: [column, options],
    test: {
      per: "table",
      needs: ["orphans"],
      async judge(look) {
        const found = columns.map(look.column);
        const missing = missingColumn(columns, found);
        if (missing !== undefined) return missing;
        const answer = await look.ask({
          ask: "orphans",
          columns: found.flatMap((each) => each?.name ?? []),
          references: { table, ...(namespace === undefined ? {} : { namespace }), columns: theirs },
        });
        if (answer === undefined) return NO_TABLE;
        const { count, samples } = answer;
        return { status: count === 0 ? "passed" : "failed", observed: count, failures: count, samples };
      },
    },
  });
}

/** A name with one dot says the namespace as well. */
function placeOf(name: string): readonly [string | undefined, string] {
  const [first = "", second = "", ...more] = name.split(".");
  return second === "" || more.length > 0 ? [undefined, name] : [first, second];
}
