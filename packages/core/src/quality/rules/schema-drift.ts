import { makeRule } from "../make-rule.ts";
import type { QualityRule, TableRuleOptions } from "../quality-rule.ts";
import type { SchemaChange } from "../../schema/table.ts";

/** What `schemaDrift` may be given. */
export interface SchemaDriftOptions extends TableRuleOptions {
  /** Columns that may come or grow. Default: those whose types the table's options declare. */
  readonly allow?: readonly string[];
}

/**
 * The source has the columns that it had: `schemaDrift({ severity: "fail" })`. A column that is added, widened or becomes
 * nullable in a table that was there before the run is a failure. With `fail` nothing of it is made where the destination
 * changes tables in its transactions.
 */
export function schemaDrift(options: SchemaDriftOptions = {}): QualityRule {
  const allowed = new Set(options.allow ?? []);
  return makeRule({
    kind: "schemaDrift",
    columns: [],
    about: "",
    expected: "no column added or widened",
    options,
    own: ["allow"],
    given: [options],
    test: {
      per: "table",
      needs: [],
      always: true,
      judge: async ({ changes }) => {
        const drift = changes.filter(({ column }) => column !== undefined && !allowed.has(column));
        return {
          status: drift.length === 0 ? "passed" : "failed",
          observed: drift.length,
          failures: drift.length,
          samples: drift.map(sample),
        };
      },
    },
  });
}

function sample({ kind, column, from, to }: SchemaChange): Record<string, string> {
  return {
    change: kind,
    column: column ?? "",
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
}
