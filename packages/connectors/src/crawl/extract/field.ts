import type { Row, ScalarKind } from "@millrace/core";
import type { Page } from "../page/page.ts";
import type { Within } from "../page/select.ts";

/** Where a value is looked for. */
export interface Place {
  readonly page: Page;
  /** The whole page, or the element that the row is made of. */
  readonly within: Within;
  /** The fields of the row that stand before this one. */
  readonly row: Row;
}

/** A value that is read from a page. */
export interface Field {
  /** Null where the page does not have it. */
  read(place: Place): unknown;
  /** For messages, such as `css(".price")`. */
  readonly name: string;
  /** Type of the column; default: what the values look like. */
  readonly type?: ScalarKind;
}

/** What stands for a column: a field such as `css(".price", price)`, a function, or a value that is always the same. */
export type FieldInput = Field | ((place: Place) => unknown) | string | number | boolean | null;

/** Makes a value of a text; null where it is none of the kind. */
export interface Convert {
  (text: string, place: Place): unknown;
  readonly columnType?: ScalarKind;
}

/** The field that a column's input stands for. */
export function toField(input: FieldInput): Field {
  if (typeof input === "function") return { name: "a function", read: input };
  if (typeof input === "object" && input !== null) return input;
  return { name: JSON.stringify(input), read: () => input };
}

/** A field of texts that are converted. */
export function convertedField(
  name: string,
  convert: Convert,
  find: (place: Place) => string | null | undefined,
): Field {
  return {
    name,
    ...(convert.columnType === undefined ? {} : { type: convert.columnType }),
    read: (place) => {
      const found = find(place);
      return found === null || found === undefined ? null : (convert(found, place) ?? null);
    },
  };
}
