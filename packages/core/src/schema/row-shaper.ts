import type { Row } from "../row.ts";
import { compileColumnStore, type ColumnState } from "./column-state.ts";
import { MISFIT } from "./misfit.ts";
import { isStorableText } from "./storage.ts";
import type { Store } from "./store.ts";

/** Why a row could not be shaped as the table is. */
export type RowProblem =
  | { readonly kind: "not-a-row" }
  | { readonly kind: "unknown"; readonly source: string; readonly value: unknown }
  | {
      readonly kind: "misfit";
      readonly column: ColumnState;
      readonly source: string;
      readonly value: unknown;
    }
  | { readonly kind: "missing"; readonly name: string; readonly column: ColumnState | undefined }
  | { readonly kind: "foreign"; readonly column: string; readonly value: unknown };

/** What a row shaper is compiled from. It is thrown away when the columns change. */
export interface RowShaperOptions {
  readonly columns: ReadonlyMap<string, ColumnState>;
  /** The destination's names of the key, also of columns that no row has had yet. */
  readonly key: ReadonlySet<string>;
  /** The destination's name of a column. Throws for collisions and reserved names. */
  readonly resolve: (source: string) => string;
  readonly untyped: boolean;
  readonly emptyIsNull: boolean;
  /** Leave columns out that the table does not have. */
  readonly discard: boolean;
  /** A column that has the same value in each row. */
  readonly constant?: { readonly column: string; readonly value: string } | undefined;
}

/** Checks that are done in the loop itself, because a call per value costs more than they do. */
const Check = { none: 0, text: 1, integer: 2, double: 3, boolean: 4, bigint: 5 } as const;
type CheckCode = (typeof Check)[keyof typeof Check];

interface Field {
  readonly source: string;
  readonly name: string;
  /** Place among the fields, in the order in which rows brought them. */
  readonly index: number;
  readonly column: ColumnState | undefined;
  readonly check: CheckCode;
  readonly store: Store;
  readonly required: boolean;
  readonly renamed: boolean;
}

/** More names than a table can have columns are not kept: rows may be maps with endless keys. */
const MAX_KEPT_FIELDS = 10_000;

/** Turns rows into storage form under the table's names, one at a time; a row that is so already comes back itself. */
export class RowShaper {
  /** Why the last row was not shaped. */
  problem: RowProblem = { kind: "not-a-row" };
  readonly #options: RowShaperOptions;
  readonly #fields: Field[] = [];
  readonly #bySource = new Map<string, Field>();
  /** Columns without which a row cannot be stored, apart from the constant. */
  readonly #required: ReadonlySet<string>;
  /** Columns that every object inherits a value of: rows without their own get null. */
  readonly #inherited: readonly string[];
  readonly #template: Row;
  // Of the row under way: what was stored, and which of it differs from the row. Kept to allocate nothing per row.
  readonly #stored: unknown[] = [];
  readonly #places: Field[] = [];
  readonly #changed: number[] = [];
  #count = 0;
  #changes = 0;
  /** Required columns that have a value. */
  #present = 0;
  /** The row has other names or other columns than the table. */
  #rebuilds = false;

  constructor(options: RowShaperOptions) {
    this.#options = options;
    const columns = [...options.columns.values()];
    const required = columns.filter((column) => !column.nullable).map((column) => column.name);
    this.#required = new Set(
      [...options.key, ...required].filter((name) => name !== options.constant?.column),
    );
    this.#inherited = columns.map((column) => column.name).filter((name) => name in Object.prototype);
    this.#template = Object.fromEntries(columns.map((column) => [column.name, null]));
    if (options.constant !== undefined) this.#template[options.constant.column] = options.constant.value;
  }

  /** The shaped row, or undefined: then `problem` tells why. */
  shape(row: Row): Row | undefined {
    if (typeof row !== "object" || row === null || Array.isArray(row)) {
      return this.#fail({ kind: "not-a-row" });
    }
    this.#count = this.#changes = this.#present = 0;
    this.#rebuilds = this.#options.constant !== undefined;
    const fields = this.#fields;
    let at = 0;
    for (const source in row) {
      let field = fields[at];
      if (field === undefined || field.source !== source) field = this.#field(source);
      at = field.index + 1;
      const value = row[source];
      if (value === null || value === undefined) this.#takeNull(field);
      else if (!this.#take(field, value)) return undefined;
    }
    if (this.#present !== this.#required.size) return this.#failMissing(row);
    return this.#rebuilds ? this.#rebuild() : this.#finish(row);
  }

  #takeNull(field: Field): void {
    if (field.column === undefined || !field.renamed) return;
    this.#rebuilds = true;
    this.#put(field, null);
  }

  /** False where the value has no place. */
  #take(field: Field, value: unknown): boolean {
    const column = field.column;
    if (value === "" && this.#options.emptyIsNull) return this.#takeEmpty(field);
    if (column === undefined) return this.#drop(field, value);
    let stored = value;
    if (!fits(field.check, value)) {
      stored = field.store(value);
      if (stored === MISFIT) {
        this.#fail({ kind: "misfit", column, source: field.source, value });
        return false;
      }
      if (!Object.is(stored, value)) this.#changed[this.#changes++] = this.#count;
    }
    if (field.required && stored !== null) this.#present++;
    if (field.renamed) this.#rebuilds = true;
    this.#put(field, stored);
    return true;
  }

  /** Left in place, an empty string would be no null, at the latest once its column exists. */
  #takeEmpty(field: Field): true {
    if (field.column === undefined || field.renamed) this.#rebuilds = true;
    if (field.column === undefined) return true;
    this.#changed[this.#changes++] = this.#count;
    this.#put(field, null);
    return true;
  }

  #drop(field: Field, value: unknown): boolean {
    if (!this.#options.discard) this.#fail({ kind: "unknown", source: field.source, value });
    this.#rebuilds = true;
    return this.#options.discard;
  }

  #put(field: Field, stored: unknown): void {
    this.#stored[this.#count] = stored;
    this.#places[this.#count++] = field;
  }

  #finish(row: Row): Row {
    let out = row;
    if (this.#changes > 0) {
      out = { ...row };
      for (let i = 0; i < this.#changes; i++) {
        const place = this.#changed[i] as number;
        out[(this.#places[place] as Field).name] = this.#stored[place];
      }
    }
    for (const name of this.#inherited) {
      if (Object.hasOwn(out, name)) continue;
      if (out === row) out = { ...row };
      out[name] = null;
    }
    return out;
  }

  #rebuild(): Row | undefined {
    // Copying an object of the right shape and filling it is twice as fast as adding field after field.
    const out = { ...this.#template };
    const constant = this.#options.constant;
    for (let i = 0; i < this.#count; i++) {
      const name = (this.#places[i] as Field).name;
      const value = this.#stored[i];
      if (constant !== undefined && name === constant.column && value !== constant.value) {
        if (value === null) continue;
        return this.#fail({ kind: "foreign", column: name, value });
      }
      out[name] = value;
    }
    return out;
  }

  #fail(problem: RowProblem): undefined {
    this.problem = problem;
    return undefined;
  }

  #failMissing(row: Row): undefined {
    const present = new Set<string>();
    for (const source in row) {
      const value = row[source];
      if (value === null || value === undefined || (this.#options.emptyIsNull && value === "")) continue;
      present.add(this.#field(source).name);
    }
    const name = [...this.#required].find((each) => !present.has(each)) ?? "";
    return this.#fail({ kind: "missing", name, column: this.#options.columns.get(name) });
  }

  #field(source: string): Field {
    const known = this.#bySource.get(source);
    if (known !== undefined) return known;
    const name = this.#options.resolve(source);
    const column = this.#options.columns.get(name);
    const field: Field = {
      source,
      name,
      index: this.#fields.length,
      column,
      check: column === undefined ? Check.none : checkOf(column),
      store: column === undefined ? (value) => value : compileColumnStore(column, this.#options.untyped),
      required: column !== undefined && this.#required.has(name),
      renamed: name !== source,
    };
    if (this.#fields.length < MAX_KEPT_FIELDS) {
      this.#fields.push(field);
      this.#bySource.set(source, field);
    }
    return field;
  }
}

function checkOf(column: ColumnState): CheckCode {
  if (column.logical.kind !== column.stored.kind) return Check.none;
  switch (column.stored.kind) {
    case "text":
      return Check.text;
    case "integer":
      return Check.integer;
    case "double":
      return Check.double;
    case "boolean":
      return Check.boolean;
    case "bigint":
      return Check.bigint;
    default:
      return Check.none;
  }
}

/** True for values that are in storage form already; false says nothing. */
function fits(check: CheckCode, value: unknown): boolean {
  switch (check) {
    case Check.text:
      return typeof value === "string" && isStorableText(value);
    case Check.integer:
      return typeof value === "number" && (value | 0) === value && !Object.is(value, -0);
    case Check.double:
      return typeof value === "number" && !Object.is(value, -0);
    case Check.boolean:
      return typeof value === "boolean";
    case Check.bigint:
      return typeof value === "number" && Number.isSafeInteger(value) && !Object.is(value, -0);
    default:
      return false;
  }
}
