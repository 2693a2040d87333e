import { canonicalText, type ColumnType } from "@millrace/core";

/** Gives the text of a value in storage form, never null, as it stands in a CSV file. */
export type CellText = (stored: unknown) => string;

/**
 * The texts of a type: canonical texts (docs/reference/row-hash.md), but floating-point numbers in their shortest form, JSON as
 * JSON throughout, and timestamps always with their time of day, so that a reader that looks at one value knows the type.
 */
export function cellText(type: ColumnType): CellText {
  const text = canonicalText(type);
  switch (type.kind) {
    case "real":
    case "double":
    case "json":
      return String;
    case "timestamp":
      return (stored) => {
        const written = text(stored);
        return written.length === DATE_LENGTH ? `${written}T00:00:00` : written;
      };
    default:
      return text;
  }
}

const DATE_LENGTH = "2026-11-22".length;
