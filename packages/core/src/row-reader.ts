import type { Row } from "./row.ts";

/** Rows of other orders than those before are looked at this often; a source that mixes orders is not worth more. */
const MAX_LESSONS = 16;

/**
 * Reads a row's own values in the order of given columns. Looking each of them up by its name costs more than hashing or
 * encoding it; walking through the row as it is costs a quarter of that, and the rows of a source have one order.
 */
export class RowReader {
  /** The values of the last row, `undefined` where it has none. One more entry follows them, of no meaning. */
  readonly values: unknown[];
  readonly #names: readonly string[];
  /** Every object inherits a value of such a name (`constructor`), which is not the row's. */
  readonly #inherited: readonly boolean[];
  // Names in the order in which rows bring them, and the place of each among the values.
  #order: readonly string[] = [];
  #places: readonly number[] = [];
  #lessons = 0;

  constructor(names: readonly string[]) {
    this.#names = names;
    this.#inherited = names.map((name) => name in Object.prototype);
    this.values = new Array<unknown>(names.length + 1).fill(undefined);
  }

  /** Fills `values` from a row. */
  read(row: Row): void {
    const { values } = this;
    const order = this.#order;
    const places = this.#places;
    let at = 0;
    for (const name in row) {
      while (name !== order[at]) {
        if (at >= order.length) return this.#search(row);
        values[places[at++] as number] = undefined;
      }
      values[places[at++] as number] = row[name];
    }
    if (order.length === 0) return this.#search(row);
    while (at < order.length) values[places[at++] as number] = undefined;
  }

  #search(row: Row): void {
    for (let i = 0; i < this.#names.length; i++) {
      const name = this.#names[i] as string;
      this.values[i] = this.#inherited[i] === true && !Object.hasOwn(row, name) ? undefined : row[name];
    }
    if (this.#lessons++ < MAX_LESSONS) this.#learn(row);
  }

  #learn(row: Row): void {
    const names = new Set<string>();
    for (const name in row) names.add(name);
    for (const name of this.#names) names.add(name);
    const places = new Map(this.#names.map((name, place) => [name, place]));
    this.#order = [...names];
    this.#places = this.#order.map((name) => places.get(name) ?? this.#names.length);
  }
}
