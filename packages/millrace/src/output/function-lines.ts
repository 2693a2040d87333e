import type { FunctionCalls } from "@millrace/core";
import { formatCount } from "./numbers.ts";
import type { Style } from "./style.ts";
import { renderTable } from "./table.ts";
import { clean } from "./text.ts";
import { truncate } from "./width.ts";

/** A table of watched functions. @param more columns that stand first, and their cells for each function */
export function functionTable<F extends FunctionCalls>(
  functions: readonly F[],
  style: Style,
  more: { readonly titles: readonly string[]; readonly cells: (each: F) => readonly string[] } = {
    titles: [],
    cells: () => [],
  },
): string {
  const numbers = ["calls", "errors", "total", "mean", "p95", "max"];
  return renderTable(
    [
      ...more.titles.map((title) => ({ title })),
      { title: "function" },
      ...numbers.map((title) => ({ title, side: "right" as const })),
    ],
    functions.map((each) => [
      ...more.cells(each),
      truncate(clean(each.name), 50),
      formatCount(each.calls),
      each.errors === 0 ? "0" : style.red(formatCount(each.errors)),
      ...[each.totalMs, each.meanMs, each.p95Ms, each.maxMs].map(formatTime),
    ]),
    { heading: style.dim },
  );
}

/** A time with three digits in the unit that fits: `0.42 µs`, `12.3 ms`, `4.07 s`, `2.5 h`. */
export function formatTime(ms: number): string {
  const [unit, size] = UNITS.find(([, each]) => ms < each * 999.5) ?? LAST;
  const value = ms / size;
  return `${value === 0 ? "0" : value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2)} ${unit}`;
}

const LAST = ["h", 3_600_000] as const;
const UNITS = [
  ["µs", 0.001],
  ["ms", 1],
  ["s", 1_000],
] as const;
