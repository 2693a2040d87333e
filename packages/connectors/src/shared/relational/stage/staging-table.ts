import type { ColumnType, Row } from "@millrace/core";
import { align, alignments } from "../columns/align.ts";
import { codecOf } from "../columns/codec-of.ts";
import { mayHashOtherwise, rehash, ROW_ALIAS } from "../columns/rehash.ts";
import { compileRowEncoder } from "../columns/row-codec.ts";
import { ANYWHERE, newColumn, type TableColumn } from "../columns/table-column.ts";
import { hashColumn } from "../define/metadata-columns.ts";
import { keyColumns, type TableLayout } from "../define/table-layout.ts";
import type { DriverValue } from "../driver-value.ts";
import type { SessionContext } from "../session/session-context.ts";

/** What a staged row is. */
export const ROW = 0;
/** The key of a row that was rejected. */
export const KEPT_KEY = 1;
/** The key of a parent whose children all came in this batch. */
export const PARENT = 2;
/** A row that a later one of the same commit replaces; it still counts as seen. */
export const OUTDATED = 3;

/** Bytes of encoded rows that are sent at once, about. */
const CHUNK_BYTES = 4 * 1024 * 1024;
/** Rows that are sent at once at most. */
const CHUNK_ROWS = 20_000;
/** Rows from which on dropping a table is faster than emptying it. */
const DROP_FROM_ROWS = 5_000;

/** Columns of the staging table's own. */
export const NUMBER = own("_millrace_n", "bigint");
export const BATCH = own("_millrace_batch", "bigint");
export const KIND = own("_millrace_kind", "smallint");

function own(name: string, kind: "bigint" | "smallint"): TableColumn {
  const type: ColumnType = { kind };
  const place = name === "_millrace_n" ? { keyColumns: 1 } : ANYWHERE;
  return { name, type, form: "native", place, required: true };
}

export interface StagingOptions {
  readonly context: SessionContext;
  readonly layout: TableLayout;
  /** Rows have hashes. */
  readonly hashed: boolean;
}

/**
 * A temporary table with the rows that came since the last commit, in the form of the table that they go to. Rows are sent in
 * chunks, so that memory stays bounded.
 */
export class StagingTable {
  /** In statements. */
  readonly name: string;
  /** Rows that were added of kind ROW. */
  rows = 0;
  readonly #context: SessionContext;
  readonly #hashed: boolean;
  #layout: TableLayout;
  #encode: (row: Row) => DriverValue[];
  readonly #encodeHash: (hash: string) => DriverValue;
  readonly #encodeOwn: readonly ((value: unknown) => DriverValue)[];
  #created = false;
  #number = 0;
  #pending: DriverValue[][] = [];
  #bytes = 0;

  constructor({ context, layout, hashed }: StagingOptions) {
    this.#context = context;
    this.#layout = layout;
    this.#hashed = hashed;
    this.name = context.dialect.temporary(`millrace_stage_${context.nextNumber()}`);
    this.#encode = compileRowEncoder(context.dialect, this.#userColumns());
    const { encode } = codecOf(context.dialect, hashColumn(context.dialect));
    this.#encodeHash = (hash) => encode(Buffer.from(hash, "latin1"));
    this.#encodeOwn = [NUMBER, BATCH, KIND].map((column) => codecOf(context.dialect, column).encode);
  }

  /** Something was added since the last commit. */
  get used(): boolean {
    return this.#number > 0;
  }

  add(row: Row, kind: number, of: { readonly batch: number; readonly hash?: string | undefined }): void {
    const values = this.#encode(row);
    const hash = this.#hashed ? [of.hash === undefined ? null : this.#encodeHash(of.hash)] : [];
    const own = [++this.#number, of.batch, kind].map(
      (value, index) => this.#encodeOwn[index]?.(value) ?? null,
    );
    this.#pending.push([...own, ...hash, ...values]);
    for (const value of values)
      this.#bytes += typeof value === "string" || value instanceof Uint8Array ? value.length : 8;
    if (kind === ROW) this.rows++;
  }

  /** Sends what is too much for memory. */
  async drain(): Promise<void> {
    if (this.#bytes >= CHUNK_BYTES || this.#pending.length >= CHUNK_ROWS) await this.#send();
  }

  /** Sends what is left; afterwards the table exists. */
  async flush(): Promise<void> {
    await this.#create();
    await this.#send();
  }

  /** The table was defined anew. */
  async redefine(layout: TableLayout): Promise<void> {
    const { dialect, link } = this.#context;
    if (this.#pending.length > 0) await this.#send();
    const before = this.#userColumns();
    this.#layout = layout;
    const after = this.#userColumns();
    this.#encode = compileRowEncoder(dialect, after);
    if (!this.#created) return;
    const what = this.#what();
    const json = await align(link, what, alignments(dialect, this.name, before, after));
    if (json.length === 0 || !this.#hashed) return;
    const where = `${mayHashOtherwise(link, json)} AND ${ROW_ALIAS}.${dialect.quote(KIND.name)} IN (${ROW}, ${OUTDATED})`;
    await rehash(link, what, { reference: this.name, columns: after, key: [NUMBER], where });
  }

  /** Empties it. */
  async clear(): Promise<void> {
    const { link, dialect } = this.#context;
    if (this.#number > DROP_FROM_ROWS) {
      await link.run(this.#what(), dialect.dropTable(this.name));
      this.#created = false;
    } else if (this.#number > 0) await link.execute(this.#what(), `DELETE FROM ${this.name}`);
    this.rows = 0;
    this.#number = 0;
    this.#pending = [];
    this.#bytes = 0;
  }

  #what(): string {
    return `staging rows for table "${this.#layout.table.name}"`;
  }

  /** Keys of rejected rows and of parents have no other values. */
  #userColumns(): TableColumn[] {
    return this.#layout.columns.map((column) => ({ ...column, required: false }));
  }

  #columns(): TableColumn[] {
    const hash = this.#hashed ? [{ ...hashColumn(this.#context.dialect), required: false }] : [];
    return [NUMBER, BATCH, KIND, ...hash, ...this.#userColumns()];
  }

  async #create(): Promise<void> {
    if (this.#created) return;
    const { dialect, link } = this.#context;
    const { table } = this.#layout;
    const name = `millrace_stage_${this.#context.nextNumber()}`;
    const indexed =
      table.mode === "append" || table.internal === true ? [] : [table.key, table.parentKey ?? []];
    const statements = dialect.createTable({
      reference: this.name,
      columns: this.#columns().map((column) => newColumn(dialect, column)),
      primaryKey: [NUMBER.name],
      primaryKeyName: `${name}_pkey`,
      indexes: indexed
        .filter(
          (columns) => columns.length > 0 && columns.length === keyColumns(this.#layout, columns).length,
        )
        .map((columns, index) => ({ name: `${name}_idx${index}`, columns })),
      temporary: true,
    });
    await link.run(this.#what(), statements);
    this.#created = true;
  }

  async #send(): Promise<void> {
    const rows = this.#pending;
    if (rows.length === 0) return;
    this.#pending = [];
    this.#bytes = 0;
    await this.#create();
    const columns = this.#columns().map((column) => ({
      name: column.name,
      sqlType: codecOf(this.#context.dialect, column).sqlType,
    }));
    await this.#context.link.load(this.#what(), { reference: this.name, columns }, rows);
  }
}
