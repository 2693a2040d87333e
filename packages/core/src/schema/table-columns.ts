import type { Capabilities } from "../capabilities.ts";
import { MillraceError } from "../errors.ts";
import type { Row } from "../row.ts";
import { compileColumnStore, mayWidenKey, storedType, type ColumnState } from "./column-state.ts";
import type { ColumnType } from "./column-type.ts";
import { inferType, type InferOptions } from "./infer.ts";
import { joinTypes } from "./join-types.ts";
import { MISFIT } from "./misfit.ts";
import { normalizeIdentifier } from "./names.ts";
import { isReservedName } from "./reserved-names.ts";
import { compileStore, type Store } from "./store.ts";
import type { ColumnDefinition, WriteMode } from "./table.ts";
import { sameType } from "./type-text.ts";

/** More names than any table has columns: rows whose columns are discarded may have endless ones. */
const MAX_KEPT_NAMES = 50_000;

/** What changed when columns grew. */
export interface Growth {
  readonly added: boolean;
  readonly widened: boolean;
}

/** The columns of one table: their names, types, and how they grow. */
export class TableColumns {
  readonly states = new Map<string, ColumnState>();
  readonly #table: string;
  readonly #capabilities: Capabilities;
  readonly #finals = new Map<string, string>();
  readonly #sources = new Map<string, string>();
  readonly #unordered: ReadonlySet<string>;
  /** The destination's names of the key. */
  key: ReadonlySet<string> = new Set();
  #mode: WriteMode = "append";

  constructor(options: { table: string; capabilities: Capabilities; unordered: readonly string[] }) {
    this.#table = options.table;
    this.#capabilities = options.capabilities;
    this.#unordered = new Set(options.unordered.map((name) => this.#normalize(name)));
  }

  setKey(key: readonly string[], mode: WriteMode): void {
    this.key = new Set(key);
    this.#mode = mode;
    for (const [name, state] of this.states) this.states.set(name, { ...state, key: this.key.has(name) });
  }

  /** Whether each column of the key has a type. */
  get complete(): boolean {
    return [...this.key].every((name) => this.states.has(name));
  }

  /** The destination's name, without taking it: for keys and options, which may use either name. */
  nameOf(source: string): string {
    return this.states.has(source) ? source : this.#normalize(source);
  }

  /** The destination's name of a column of a row. Two columns of rows that become one name fail with MLR_SCHEMA_COLLISION. */
  resolve(source: string): string {
    const known = this.#finals.get(source);
    if (known !== undefined) return known;
    const name = this.nameOf(source);
    const other = this.#sources.get(name);
    if (other !== undefined) throw this.#collision(other, source, name);
    if (this.#isReserved(name)) throw this.#reserved(source, name);
    if (this.#finals.size < MAX_KEPT_NAMES) {
      this.#finals.set(source, name);
      this.#sources.set(name, source);
    }
    return name;
  }

  /** Adds a column, or changes the one of that name. */
  put(column: ColumnDefinition, how: { readonly fixed: boolean; readonly epochNumbers?: boolean }): void {
    if (this.#isReserved(column.name)) throw this.#reserved(column.name, column.name);
    this.states.set(column.name, {
      name: column.name,
      logical: column.type,
      stored: storedType(column.type, this.#capabilities),
      fixed: how.fixed,
      epochNumbers: how.epochNumbers ?? false,
      nullable: column.nullable ?? true,
      unordered: column.unordered === true || this.#unordered.has(column.name),
      key: this.key.has(column.name),
    });
  }

  definitions(): ColumnDefinition[] {
    return [...this.states.values()].map((state) => ({
      name: state.name,
      type: state.stored,
      ...(state.key || !state.nullable ? { nullable: false } : {}),
      ...(state.unordered ? { unordered: true } : {}),
    }));
  }

  /** The first column of the key that the row has no value for, if any; `given` columns need none. */
  missingKey(row: Row, infer: InferOptions, given?: string): string | undefined {
    const missing = new Set(this.key);
    if (given !== undefined) missing.delete(given);
    if (missing.size === 0) return undefined;
    for (const source in row) {
      if (inferType(row[source], infer) !== undefined) missing.delete(this.resolve(source));
    }
    return missing.values().next().value;
  }

  /** Adds the columns and widens the types that the rows from `from` on need; rows without a key count for nothing. */
  grow(batch: {
    rows: readonly Row[];
    from: number;
    hints: InferOptions;
    given?: string | undefined;
  }): Growth {
    const { rows, from, hints: infer } = batch;
    const found = new Map<string, ColumnType>();
    const stores = new Map<string, Store>();
    let widened = false;
    for (let i = from; i < rows.length; i++) {
      const row = rows[i];
      if (typeof row !== "object" || row === null || Array.isArray(row)) continue;
      if (this.missingKey(row, infer, batch.given) !== undefined) continue;
      for (const source in row) {
        const type = inferType(row[source], infer);
        if (type === undefined) continue;
        const name = this.resolve(source);
        const state = this.states.get(name);
        if (state === undefined) this.#find(found, name, type, row[source]);
        else if (this.#widen(state, type, row[source], { stores, infer })) widened = true;
      }
    }
    for (const [name, type] of found) this.put({ name, type }, { fixed: false });
    return { added: found.size > 0, widened };
  }

  #find(found: Map<string, ColumnType>, name: string, type: ColumnType, value: unknown): void {
    const known = found.get(name);
    const possible = this.inferable(type);
    if (known !== undefined && sameType(known, possible)) return;
    // A value that no column can hold, such as text with NUL, says nothing of the type.
    if (isHoldable(value)) found.set(name, known === undefined ? possible : joinTypes(known, possible));
  }

  /** Where the destination lacks a type, its columns are text from the start, as they will be found on the next run. */
  inferable(type: ColumnType): ColumnType {
    return type.kind === "json" ? type : storedType(type, this.#capabilities);
  }

  #widen(
    state: ColumnState,
    type: ColumnType,
    value: unknown,
    scan: { stores: Map<string, Store>; infer: InferOptions },
  ): boolean {
    if (state.fixed || sameType(state.logical, type)) return false;
    const untyped = scan.infer.untyped ?? false;
    let store = scan.stores.get(state.name);
    if (store === undefined) scan.stores.set(state.name, (store = compileColumnStore(state, untyped)));
    if (store(value) !== MISFIT) return false;
    const wider = joinTypes(state.logical, this.inferable(type));
    if (sameType(wider, state.logical) || (state.key && !mayWidenKey(state.logical, wider))) return false;
    if (compileStore(wider, { untyped })(value) === MISFIT) return false;
    state.logical = wider;
    state.stored = storedType(wider, this.#capabilities);
    scan.stores.delete(state.name);
    return true;
  }

  #normalize(name: string): string {
    return normalizeIdentifier(name, this.#capabilities.identifiers.maxBytes);
  }

  #isReserved(name: string): boolean {
    return (
      isReservedName(name, this.#mode) || this.#capabilities.identifiers.reserved?.includes(name) === true
    );
  }

  #collision(first: string, second: string, name: string): MillraceError {
    return new MillraceError(
      "MLR_SCHEMA_COLLISION",
      `columns "${first}" and "${second}" would both become "${name}" in table "${this.#table}"`,
      {
        hint: `Rename one of them: transforms: [rename({ "${second}": "…" })].`,
        details: { table: this.#table, column: name, sources: [first, second] },
      },
    );
  }

  #reserved(source: string, name: string): MillraceError {
    const keeper = isReservedName(name, this.#mode)
      ? `table "${this.#table}" (mode ${this.#mode})`
      : `each table of the destination, such as "${this.#table}",`;
    const message = `column "${source}" would become "${name}", which ${keeper} keeps for itself`;
    return new MillraceError("MLR_SCHEMA_COLLISION", message, {
      hint: `Rename it: transforms: [rename({ "${source}": "…" })].`,
      details: { table: this.#table, column: name, sources: [source] },
    });
  }
}

/** Whether any type of column can hold the value. */
export function isHoldable(value: unknown): boolean {
  const type = inferType(value);
  return type !== undefined && compileStore(type)(value) !== MISFIT;
}
