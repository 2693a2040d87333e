import type { DecodedArray } from "hyparquet";

/** The values of one column in a row group, as the pages they came in, read from first to last. */
export class ColumnValues {
  readonly #pages: { readonly start: number; readonly values: DecodedArray }[] = [];
  readonly #convert: (raw: unknown) => unknown;
  #page = 0;

  constructor(convert: (raw: unknown) => unknown) {
    this.#convert = convert;
  }

  /** Takes a page whose first value is of row `start`. */
  add(start: number, values: DecodedArray): void {
    this.#pages.push({ start, values });
  }

  /** The value of a row; rows are asked for in their order. */
  at(row: number): unknown {
    let page = this.#pages[this.#page];
    while (page !== undefined && row >= page.start + page.values.length) {
      // What is behind is not needed again.
      this.#pages[this.#page] = { start: page.start, values: [] };
      page = this.#pages[++this.#page];
    }
    const raw: unknown = page?.values[row - page.start];
    return raw === null || raw === undefined ? null : this.#convert(raw);
  }
}
