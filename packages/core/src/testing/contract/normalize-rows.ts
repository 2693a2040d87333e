import type { Row } from "../../row.ts";

/** Without nulls and in an order of their own, so that they compare. */
export function normalizeRows(rows: readonly Row[]): Row[] {
  const clean = rows.map((row) =>
    Object.fromEntries(
      Object.entries(row)
        .filter(([, value]) => value !== null && value !== undefined)
        // A Buffer is as good as any other array of bytes.
        .map(([name, value]) => [name, value instanceof Uint8Array ? Uint8Array.from(value) : value]),
    ),
  );
  return clean
    .map((row) => ({ row, text: orderText(row) }))
    .toSorted((a, b) => compare(a.text, b.text))
    .map(({ row }) => row);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function orderText(row: Row): string {
  const fields = Object.entries(row).toSorted(([a], [b]) => compare(a, b));
  return JSON.stringify(fields, (_name, value: unknown) => {
    if (typeof value === "bigint") return String(value);
    if (typeof value === "number" && Math.abs(value) < 1e15) return value.toFixed(3).padStart(20, "0");
    return value;
  });
}
