import { durationOf } from "../duration.ts";
import { makeRule } from "../make-rule.ts";
import type { QualityRule, TableRuleOptions } from "../quality-rule.ts";
import { missingColumn, NO_TABLE, skipped } from "../skipped.ts";

/** What `freshness` may be given. */
export interface FreshnessOptions extends TableRuleOptions {
  /** How old the newest value may be: milliseconds, or a text such as `"2 hours"`. */
  readonly maxAge: string | number;
}

const TIMES = ["date", "timestamp", "timestamptz"];

/**
 * The newest date or time of the table is not older than this: `freshness("updated_at", { maxAge: "2 hours" })`. Dates count
 * from their midnight, times without a zone as UTC. A table without any value fails.
 */
export function freshness(column: string, options: FreshnessOptions): QualityRule {
  const maxAgeMs = durationOf("freshness", options?.maxAge);
  return makeRule({
    kind: "freshness",
    columns: [column],
    expected: `the newest at most ${typeof options.maxAge === "number" ? `${options.maxAge} ms` : options.maxAge} old`,
    options,
    own: ["maxAge"],
    given: [column, options],
    test: {
      per: "table",
      needs: ["newest"],
      async judge(look) {
        const found = look.column(column);
        if (found === undefined) return missingColumn([column], [found]) ?? NO_TABLE;
        if (!TIMES.includes(found.type.kind)) {
          return skipped(`column "${found.name}" is of type ${found.type.kind}, which has no age`);
        }
        const answer = await look.ask({ ask: "newest", column: found.name });
        if (answer === undefined) return NO_TABLE;
        const newest = answer.newest ?? null;
        if (newest === null) {
          return { status: "failed", observed: null, failures: 1, reason: "no row has a value" };
        }
        const fresh = look.nowMs - Date.parse(newest) <= maxAgeMs;
        return { status: fresh ? "passed" : "failed", observed: newest, failures: fresh ? 0 : 1 };
      },
    },
  });
}
