import { compileFilter, findColumn } from "../filter/compile-filter.ts";
import { Parameters } from "../filter/parameters.ts";
import { readFilter } from "../filter/read-filter.ts";
import type { TableShape } from "../schema/table-shape.ts";

/** Checks that what a role is to see is there. Fails with MLR_ARGUMENT_INVALID for a column or a comparison that the table does not have. */
export function checkPolicy(
  { columns }: TableShape,
  policy: { readonly columns: readonly string[] | null; readonly rows: unknown },
): void {
  for (const name of policy.columns ?? []) findColumn(name, columns);
  if (policy.rows === null || policy.rows === undefined) return;
  compileFilter(readFilter(policy.rows, "rows"), { alias: "t", columns, parameters: new Parameters() });
}
