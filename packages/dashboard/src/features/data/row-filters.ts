/** One condition on a column, as the API takes it. */
export interface RowFilter {
  readonly column: string;
  readonly operator: Operator;
  readonly value?: string;
}

/** What a value can be compared by. */
export const OPERATORS = ["=", "!=", "<", "<=", ">", ">=", "contains", "null", "not null"] as const;
export type Operator = (typeof OPERATORS)[number];

/** The words for an operator. */
export const OPERATOR_CHOICES: readonly { readonly value: Operator; readonly label: string }[] = [
  { value: "=", label: "is" },
  { value: "!=", label: "is not" },
  { value: "contains", label: "contains" },
  { value: "<", label: "is below" },
  { value: "<=", label: "is at most" },
  { value: ">", label: "is above" },
  { value: ">=", label: "is at least" },
  { value: "null", label: "is empty" },
  { value: "not null", label: "is not empty" },
];

/** Whether an operator compares with a value. */
export function takesValue(operator: Operator): boolean {
  return operator !== "null" && operator !== "not null";
}

/** Reads the conditions of an address; what is not of their form is left out, so that no address breaks the page. */
export function parseFilters(text: string | undefined): readonly RowFilter[] {
  if (text === undefined) return [];
  let read: unknown;
  try {
    read = JSON.parse(text);
  } catch {
    return [];
  }
  return Array.isArray(read) ? read.flatMap((one: unknown) => (isFilter(one) ? [one] : [])) : [];
}

/** The conditions as an address holds them; undefined where there are none. */
export function formatFilters(filters: readonly RowFilter[]): string | undefined {
  return filters.length === 0 ? undefined : JSON.stringify(filters);
}

/** A condition in words. */
export function filterWords(filter: RowFilter): string {
  const words = OPERATOR_CHOICES.find((choice) => choice.value === filter.operator)?.label ?? filter.operator;
  return takesValue(filter.operator)
    ? `${filter.column} ${words} ${filter.value ?? ""}`
    : `${filter.column} ${words}`;
}

/** How rows are sorted: a column, descending where a minus stands before it. */
export interface RowSort {
  readonly column: string;
  readonly descending: boolean;
}

/** Reads the order of an address. */
export function parseSort(text: string | undefined): RowSort | undefined {
  if (text === undefined || text === "" || text === "-") return undefined;
  const descending = text.startsWith("-");
  return { column: descending ? text.slice(1) : text, descending };
}

/** The order after a press on a column's heading: ascending, descending, then as the table has it. */
export function nextSort(sort: RowSort | undefined, column: string): string | undefined {
  if (sort?.column !== column) return column;
  return sort.descending ? undefined : `-${column}`;
}

function isFilter(value: unknown): value is RowFilter {
  if (typeof value !== "object" || value === null) return false;
  const { column, operator, value: compared } = value as Record<string, unknown>;
  if (typeof column !== "string" || !(OPERATORS as readonly unknown[]).includes(operator)) return false;
  return compared === undefined || typeof compared === "string";
}
