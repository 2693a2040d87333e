import type { Filter } from "../filter/filter.ts";
import { compileSource, where } from "../query/source-sql.ts";
import { compileNode } from "./compile-node.ts";
import { asOfOf } from "./compile-page-field.ts";
import type { Compiler, PlannedField } from "./compiler.ts";
import type { TablePlan } from "./field-plan.ts";

/** One row by its key as a JSON object; null where there is none. */
export function compileRowField(
  compiler: Compiler,
  { args, inner }: PlannedField,
  { grant, columns }: TablePlan,
): string {
  const alias = compiler.alias();
  const asOf = asOfOf(args);
  const { parameters } = compiler.options;
  const source = compileSource(grant, { alias, filter: keyOf(args, columns), asOf, parameters });
  const node = compileNode(compiler, inner as NonNullable<PlannedField["inner"]>, {
    grant,
    alias,
    asOf,
    times: 1,
  });
  return `(SELECT ${node} FROM ${source.from}${where(source.conditions)} LIMIT 1)`;
}

/** What finds the row. */
function keyOf(args: PlannedField["args"], columns: TablePlan["columns"]): Filter {
  const conditions = [...columns].flatMap(([field, { name, kind }]): Filter[] => {
    const value = args[field];
    if (value === undefined || field === "asOf") return [];
    return [
      {
        column: name,
        op: "eq",
        value: kind === "json" ? JSON.stringify(value) : (value as string | number | boolean),
      },
    ];
  });
  return { and: conditions };
}
