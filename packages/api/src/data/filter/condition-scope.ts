import type { ShapeColumn } from "../schema/table-shape.ts";
import type { Parameters } from "./parameters.ts";

/** A column in a statement. */
export interface ConditionScope {
  readonly column: ShapeColumn;
  /** The column in SQL. */
  readonly sql: string;
  readonly parameters: Pick<Parameters, "add">;
}

/** The comparisons that are one sign in SQL. */
export const COMPARISONS = { eq: "=", ne: "<>", lt: "<", lte: "<=", gt: ">", gte: ">=" } as const;
