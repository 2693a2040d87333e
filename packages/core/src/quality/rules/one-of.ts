import { canonicalText } from "../../hash/canonical.ts";
import { MISFIT } from "../../schema/misfit.ts";
import { compileStore } from "../../schema/store.ts";
import { invalid, makeRule } from "../make-rule.ts";
import type { QualityRule, RowRuleOptions } from "../quality-rule.ts";

/** A value that `oneOf` compares with. */
export type AllowedValue = string | number | bigint | boolean | Date;

/** Names of values in `expected`. */
const SHOWN = 10;

/** Every value is one of these: `oneOf("status", ["open", "closed"])`. Nulls pass. */
export function oneOf(
  column: string,
  values: readonly AllowedValue[],
  options: RowRuleOptions = {},
): QualityRule {
  if (!Array.isArray(values) || values.length === 0) throw invalid("oneOf", "needs a list of values");
  const shown = values.slice(0, SHOWN).map(String).join(", ");
  return makeRule({
    kind: "oneOf",
    columns: [column],
    expected: `one of ${shown}${values.length > SHOWN ? `, … (${values.length})` : ""}`,
    options,
    given: [column, values, options],
    test: {
      per: "row",
      compile(find) {
        const found = find(column);
        if (found === undefined) return undefined;
        const { name, type } = found;
        const store = compileStore(type, { declared: true });
        const text = canonicalText(type);
        // A value that the column cannot hold equals none of its rows.
        const stored = values.map(store).filter((value) => value !== MISFIT);
        const allowed = new Set(stored.map((value) => text(value)));
        return (row) => {
          const value = row[name];
          if (value === null || value === undefined) return true;
          return allowed.has(typeof value === "string" && type.kind !== "json" ? value : text(value));
        };
      },
    },
  });
}
