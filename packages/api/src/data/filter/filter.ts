import { z } from "zod";

/** How a column is compared. */
export const FILTER_OPERATORS = [
  "eq",
  "ne",
  "lt",
  "lte",
  "gt",
  "gte",
  "in",
  "like",
  "ilike",
  "null",
  "search",
  "contains",
  "jsonpath",
] as const;
export type FilterOperator = (typeof FILTER_OPERATORS)[number];

/** What is compared with: text is read as the column's type; a list for `in`, true or false for `null`. */
export type FilterValue = string | number | boolean | null | readonly (string | number | boolean)[];

/** One comparison. As in SQL it holds for no row whose value is null, except with `null`. */
export interface Condition {
  readonly column: string;
  /** Names and positions on the way into a json column. Default: the column itself. */
  readonly path?: readonly string[] | undefined;
  readonly op: FilterOperator;
  readonly value: FilterValue;
}

/** Which rows: a comparison, or others that all, any or not hold. `and` of none holds for all rows, `or` of none for none. */
export type Filter =
  | Condition
  | { readonly and: readonly Filter[] }
  | { readonly or: readonly Filter[] }
  | { readonly not: Filter };

/** Conditions that one filter may have. */
export const FILTER_CONDITIONS = 100;
/** Depth of `and`, `or` and `not` in each other. */
export const FILTER_DEPTH = 16;
/** Values of one `in`. */
export const FILTER_LIST = 1_000;

const scalar = z.union([z.string(), z.number(), z.boolean()]);

/** Reads a filter that was sent or stored as JSON; `checkFilterSize` comes before it. */
export const FilterJson: z.ZodType<Filter> = z.lazy(() =>
  z.union([
    z.strictObject({ and: z.array(FilterJson) }),
    z.strictObject({ or: z.array(FilterJson) }),
    z.strictObject({ not: FilterJson }),
    z.strictObject({
      column: z.string().min(1),
      path: z.array(z.string()).max(32).optional(),
      op: z.enum(FILTER_OPERATORS),
      value: z.union([scalar, z.null(), z.array(scalar).max(FILTER_LIST)]),
    }),
  ]),
);
