import { invalid, makeRule } from "../make-rule.ts";
import type { QualityRule, TableRuleOptions } from "../quality-rule.ts";
import { NO_TABLE } from "../skipped.ts";

/**
 * A SELECT returns no row: `sqlCheck("SELECT * FROM orders WHERE shipped < ordered", { name: "shipped after ordered" })`.
 * Each row that it returns is a failure. It is run in the destination on the tables as they will be after the commit, reads
 * only, and finds tables without a namespace where the pipeline's own are.
 */
export function sqlCheck(statement: string, options: TableRuleOptions = {}): QualityRule {
  const text = typeof statement === "string" ? statement.trim().replace(/(?:\s*;)+$/, "") : "";
  if (text === "") throw invalid("sqlCheck", "needs a SELECT");
  return makeRule({
    kind: "sqlCheck",
    columns: [],
    about: shorten(text),
    expected: "no row",
    options,
    given: [statement, options],
    test: {
      per: "table",
      needs: ["sql"],
      async judge(look) {
        const answer = await look.ask({ ask: "sql", statement: text });
        if (answer === undefined) return NO_TABLE;
        const { count, samples } = answer;
        return { status: count === 0 ? "passed" : "failed", observed: count, failures: count, samples };
      },
    },
  });
}

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, " ");
  return line.length <= 60 ? line : `${line.slice(0, 59).toWellFormed()}…`;
}
