import {
  inferType,
  joinTypes,
  parseColumnType,
  sameType,
  type ColumnDefinition,
  type ColumnType,
  type Row,
} from "@millrace/core";
import type { DuckDBConnection, DuckDBValue } from "@duckdb/node-api";
import type { Driver } from "./driver.ts";
import { quoteName } from "./quote.ts";
import { duckColumn, type DuckColumn } from "./to-duckdb.ts";

/** Rows that DuckDB takes at a time. */
const CHUNK_ROWS = 2_048;

interface Column {
  readonly name: string;
  /** Undefined: every value so far was null. */
  type: ColumnType | undefined;
  /** A person said the type, or an earlier transform did: values do not change it. */
  readonly declared: boolean;
  /** numeric without precision: most digits behind the point so far. */
  scale: number;
  duck: DuckColumn;
}

/** A table of DuckDB that rows are put into; it gets the columns that they have. */
export class SqlTable {
  readonly #driver: Driver;
  readonly #connection: DuckDBConnection;
  readonly #name: string;
  readonly #declared: Readonly<Record<string, string>>;
  readonly #columns = new Map<string, Column>();
  #created = false;
  #filled = false;

  constructor(
    driver: Driver,
    connection: DuckDBConnection,
    { name, columns }: { readonly name: string; readonly columns: Readonly<Record<string, string>> },
  ) {
    this.#driver = driver;
    this.#connection = connection;
    this.#name = name;
    this.#declared = columns;
  }

  /** Has rows, or columns that are known without. */
  get known(): boolean {
    return this.#created;
  }

  /** Takes rows; `settled` are the types that earlier transforms gave. */
  async append(rows: readonly Row[], settled: readonly ColumnDefinition[] = []): Promise<void> {
    const changed = this.#learn(rows, settled);
    await this.#shape(changed);
    if (rows.length > 0) await this.#fill(rows);
  }

  /** Takes all rows away; the columns stay. */
  async clear(): Promise<void> {
    if (this.#filled) await this.#connection.run(`DELETE FROM ${quoteName(this.#name)}`);
    this.#filled = false;
  }

  /** Names of the columns that are not what they were. */
  #learn(rows: readonly Row[], settled: readonly ColumnDefinition[]): ReadonlySet<string> {
    const changed = new Set<string>();
    for (const [name, type] of Object.entries(this.#declared))
      this.#declare(name, parseColumnType(type), changed);
    for (const { name, type } of settled) this.#declare(name, type, changed);
    for (const row of rows) {
      for (const name in row) {
        const value = row[name];
        const column = this.#columns.get(name) ?? this.#add(name, undefined, changed);
        if (value === null || value === undefined) continue;
        if (!column.declared) this.#join(column, inferType(value) ?? TEXT, changed);
        if (column.type?.kind === "numeric" && column.type.precision === undefined)
          this.#needScale(column, value, changed);
      }
    }
    return changed;
  }

  #declare(name: string, type: ColumnType, changed: Set<string>): void {
    const column = this.#columns.get(name);
    if (column === undefined) this.#add(name, type, changed);
    else if (column.declared && !this.#isOwn(name)) this.#join(column, type, changed);
  }

  #isOwn(name: string): boolean {
    return Object.hasOwn(this.#declared, name);
  }

  #add(name: string, type: ColumnType | undefined, changed: Set<string>): Column {
    const duck = duckColumn(this.#driver, type ?? TEXT, 0);
    const column = { name, type, declared: type !== undefined, scale: 0, duck };
    this.#columns.set(name, column);
    changed.add(name);
    return column;
  }

  #join(column: Column, type: ColumnType, changed: Set<string>): void {
    if (column.type !== undefined && sameType(column.type, type)) return;
    const joined = column.type === undefined ? type : joinTypes(column.type, type);
    if (column.type !== undefined && sameType(column.type, joined)) return;
    column.type = joined;
    this.#retype(column, changed);
  }

  #needScale(column: Column, value: unknown, changed: Set<string>): void {
    const text = String(value);
    const point = text.indexOf(".");
    const digits = point < 0 || /e/i.test(text) ? 0 : text.length - point - 1;
    if (digits <= column.scale) return;
    column.scale = digits;
    this.#retype(column, changed);
  }

  #retype(column: Column, changed: Set<string>): void {
    column.duck = duckColumn(this.#driver, column.type ?? TEXT, column.scale);
    changed.add(column.name);
  }

  async #shape(changed: ReadonlySet<string>): Promise<void> {
    const table = quoteName(this.#name);
    if (changed.size === 0 || this.#columns.size === 0) return;
    if (!this.#created || !this.#filled) {
      const columns = [...this.#columns.values()].map(({ name, duck }) => `${quoteName(name)} ${duck.sql}`);
      await this.#connection.run(`CREATE OR REPLACE TEMP TABLE ${table} (${columns.join(", ")})`);
      this.#stored = new Map([...this.#columns.values()].map(({ name, duck }) => [name, duck.sql]));
      this.#created = true;
      return;
    }
    for (const name of changed) {
      const { duck } = this.#columns.get(name) as Column;
      const before = this.#stored.get(name);
      if (before === duck.sql) continue;
      const column = quoteName(name);
      const how =
        before === undefined
          ? `ADD COLUMN ${column} ${duck.sql}`
          : `ALTER COLUMN ${column} TYPE ${duck.sql} USING ${casted(column, before, duck.sql)}`;
      await this.#connection.run(`ALTER TABLE ${table} ${how}`);
      this.#stored.set(name, duck.sql);
    }
  }

  /** Column → its type as it is in DuckDB. */
  #stored = new Map<string, string>();

  async #fill(rows: readonly Row[]): Promise<void> {
    const { DuckDBDataChunk } = this.#driver;
    const columns = [...this.#columns.values()];
    const types = columns.map(({ duck }) => duck.type);
    const appender = await this.#connection.createAppender(this.#name);
    try {
      for (let start = 0; start < rows.length; start += CHUNK_ROWS) {
        const part = rows.slice(start, start + CHUNK_ROWS);
        const chunk = DuckDBDataChunk.create(types, part.length);
        chunk.setColumns(columns.map((column) => part.map((row) => valueOf(row, column))));
        appender.appendDataChunk(chunk);
      }
    } finally {
      appender.closeSync();
    }
    this.#filled = true;
  }
}

const TEXT: ColumnType = { kind: "text" };

function valueOf(row: Row, { name, duck }: Column): DuckDBValue {
  const value: unknown = Object.hasOwn(row, name) ? row[name] : null;
  return value === null || value === undefined ? null : duck.value(value);
}

/** A column that becomes wider keeps its texts in the form that other transforms and tables know. */
function casted(column: string, from: string, to: string): string {
  if (to === "JSON") return `to_json(${column})`;
  if (to !== "VARCHAR") return `CAST(${column} AS ${to})`;
  if (from === "TIMESTAMP") return `replace(CAST(${column} AS VARCHAR), ' ', 'T')`;
  if (from === "TIMESTAMPTZ")
    return `replace(CAST(${column} AT TIME ZONE 'UTC' AS VARCHAR), ' ', 'T') || 'Z'`;
  return `CAST(${column} AS VARCHAR)`;
}
