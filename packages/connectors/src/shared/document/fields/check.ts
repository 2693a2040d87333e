import { addDecimals, within } from "./decimal.ts";
import type { ExtractedFields } from "./document-type.ts";

/** What must hold between the fields of a document: undefined where it does, or nothing is there to be checked; else what does not. */
export type Check = (fields: Pick<ExtractedFields, "values" | "lines">) => string | undefined;

/**
 * The sum of fields or of columns of tables equals a field: `sums(["lines.amount", "tax"], "total")`.
 * @param tolerance by which they may differ, as decimal text; default "0.00"
 */
export function sums(parts: string | readonly string[], total: string, tolerance = "0.00"): Check {
  const names = typeof parts === "string" ? [parts] : parts;
  return ({ values, lines }) => {
    const wanted = values[total];
    const addends = names.flatMap((name) => numbersOf(name, { values, lines }));
    if (typeof wanted !== "string" || addends.length === 0) return undefined;
    const sum = addDecimals(addends);
    return within(sum, wanted, tolerance)
      ? undefined
      : `${names.join(" + ")} is ${sum}, and ${total} is ${wanted}`;
  };
}

/** Fields that must hold: what is wrong is said where the function gives false. */
export function holds(what: string, test: (fields: Parameters<Check>[0]) => boolean): Check {
  return (fields) => (test(fields) ? undefined : what);
}

function numbersOf(name: string, { values, lines }: Parameters<Check>[0]): string[] {
  const dot = name.indexOf(".");
  if (dot < 0) {
    const value = values[name];
    return typeof value === "string" ? [value] : [];
  }
  const column = name.slice(dot + 1);
  return (lines[name.slice(0, dot)] ?? []).flatMap((row) => {
    const value = row[column];
    return typeof value === "string" ? [value] : [];
  });
}
