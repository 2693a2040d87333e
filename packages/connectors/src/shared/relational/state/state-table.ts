import type { ColumnType, Row } from "@millrace/core";
import { codecOf } from "../columns/codec-of.ts";
import { compileRowReader } from "../columns/row-codec.ts";
import { newColumn, type TableColumn } from "../columns/table-column.ts";
import type { RelationalDialect } from "../relational-dialect.ts";
import type { QualifiedName } from "../qualified-name.ts";
import type { Link } from "../session/link.ts";

/** A column of a table of Millrace's own. */
export interface StateColumn {
  readonly name: string;
  readonly kind: "text" | "bigint" | "boolean" | "timestamptz";
  /** Default false. */
  readonly nullable?: boolean;
}

/** What a table of Millrace's own looks like. */
export interface StateShape {
  readonly name: string;
  readonly columns: readonly StateColumn[];
  readonly key: readonly string[];
}

/** A table of Millrace's own: few rows, read and written one at a time. Values are in storage form. */
export class StateTable {
  /** In statements. */
  readonly reference: string;
  readonly place: QualifiedName;
  readonly #dialect: RelationalDialect;
  readonly #columns: readonly TableColumn[];
  readonly #key: readonly string[];

  constructor(dialect: RelationalDialect, namespace: string, shape: StateShape) {
    this.#dialect = dialect;
    this.place = dialect.stateTable(shape.name, namespace);
    this.reference = dialect.table(this.place);
    this.#key = shape.key;
    this.#columns = shape.columns.map(({ name, kind, nullable = false }) => {
      const type: ColumnType = { kind };
      const place = { keyColumns: shape.key.includes(name) ? shape.key.length : 0 };
      return { name, type, form: "native", place, required: !nullable };
    });
  }

  /** The statements that create it. */
  create(): readonly string[] {
    return this.#dialect.createTable({
      reference: this.reference,
      columns: this.#columns.map((column) => newColumn(this.#dialect, column)),
      primaryKey: this.#key,
      primaryKeyName: `${this.place.name}_pkey`,
      indexes: [],
      temporary: false,
    });
  }

  /** @param where values that rows must have; none: all rows. @param order columns to sort by. */
  async select(link: Link, what: string, where: Row, order: readonly string[] = this.#key): Promise<Row[]> {
    const reader = compileRowReader(this.#dialect, this.#columns);
    const rows = await link.query(
      what,
      `SELECT ${reader.select("t")} FROM ${this.reference} t${this.#where(where)} ORDER BY ${order.map((name) => `t.${this.#dialect.quote(name)}`).join(", ")}`,
    );
    return rows.map((row) => reader.read(row));
  }

  /** The row with this key, locked until the transaction ends. */
  async lock(link: Link, what: string, key: Row): Promise<Row | undefined> {
    const reader = compileRowReader(this.#dialect, this.#columns);
    const columns = reader.select(this.reference);
    const [row] = await link.query(
      what,
      this.#dialect.selectForUpdate(columns, this.reference, this.#conditions(key).join(" AND ")),
    );
    return row === undefined ? undefined : reader.read(row);
  }

  async insert(link: Link, what: string, row: Row): Promise<void> {
    const given = this.#columns.filter(({ name }) => row[name] !== undefined);
    const names = given.map(({ name }) => this.#dialect.quote(name)).join(", ");
    const values = given.map((column) => this.#value(column, row[column.name])).join(", ");
    await link.execute(what, `INSERT INTO ${this.reference} (${names}) VALUES (${values})`);
  }

  /** Returns how many rows there were. */
  update(link: Link, what: string, where: Row, values: Row): Promise<number> {
    const set = this.#columns
      .filter(({ name }) => values[name] !== undefined)
      .map((column) => `${this.#dialect.quote(column.name)} = ${this.#value(column, values[column.name])}`);
    return link.execute(what, `UPDATE ${this.reference} SET ${set.join(", ")}${this.#where(where)}`);
  }

  /** Updates the row with the key that `row` has, or inserts it. Nobody else may write the same row meanwhile. */
  async put(link: Link, what: string, row: Row): Promise<void> {
    const key = Object.fromEntries(this.#key.map((name) => [name, row[name]]));
    if ((await this.update(link, what, key, row)) === 0) await this.insert(link, what, row);
  }

  delete(link: Link, what: string, where: Row): Promise<number> {
    return link.execute(what, `DELETE FROM ${this.reference}${this.#where(where)}`);
  }

  #where(values: Row): string {
    const conditions = this.#conditions(values);
    return conditions.length === 0 ? "" : ` WHERE ${conditions.join(" AND ")}`;
  }

  #conditions(values: Row): string[] {
    return this.#columns
      .filter(({ name }) => values[name] !== undefined)
      .map((column) => `${this.#dialect.quote(column.name)} = ${this.#value(column, values[column.name])}`);
  }

  #value(column: TableColumn, value: unknown): string {
    if (value === null) return "NULL";
    return this.#dialect.literal(codecOf(this.#dialect, column).encode(value));
  }
}
