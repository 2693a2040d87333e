const LONGEST = 200;

/** A value as a cell of a grid shows it: one line, cut where it is very long. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text =
    typeof value === "string" ? value : typeof value === "object" ? JSON.stringify(value) : String(value);
  const line = text.replaceAll(/\s+/g, " ");
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

const NUMBERS = /^(smallint|integer|bigint|numeric|real|double)/;

/** Whether a column's values are numbers: they are aligned to the right. */
export function isNumeric(type: string): boolean {
  return NUMBERS.test(type);
}

/** The key of a row as the API takes it: each value as text. Undefined where the table has no key. */
export function keyOfRow(
  columns: readonly { readonly name: string; readonly key: boolean }[],
  row: readonly unknown[],
): Readonly<Record<string, string>> | undefined {
  const parts = columns.flatMap((column, index) =>
    column.key ? [[column.name, plainText(row[index])] as const] : [],
  );
  return parts.length === 0 ? undefined : Object.fromEntries(parts);
}

function plainText(value: unknown): string {
  if (value === null || value === undefined) return "";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}
