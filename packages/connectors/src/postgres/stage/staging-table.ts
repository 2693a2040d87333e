import type { ColumnDefinition, Row } from "@millrace/core";
import { planColumns } from "../define/plan-table.ts";
import { sqlType } from "../ddl/sql-type.ts";
import { rehash } from "../inspect/rehash.ts";
import { quoteIdentifier, quoteTable } from "../quote.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";
import { CopySink } from "./copy-sink.ts";

/** Rows that may pile up in the staging table, deleted but not yet reclaimed, before it is truncated. */
const TRUNCATE_ROWS = 5_000;

export interface StagingTableOptions {
  readonly context: SessionContext;
  /** Name of the table that the rows are for, for messages. */
  readonly table: string;
  readonly columns: readonly ColumnDefinition[];
  /** Rows come with their hash. */
  readonly hashed: boolean;
}

/** A temporary table that lives as long as the session: rows wait in it for the commit. Made when the first row is sent. */
export class StagingTable {
  /** Quoted. */
  readonly name: string;
  /** Rows of this commit, also those not sent yet. */
  rows = 0;
  #ordinal = 0;
  readonly #o: StagingTableOptions;
  readonly #bare: string;
  #columns: readonly ColumnDefinition[];
  #sink: CopySink;
  #created = false;
  #piled = 0;

  constructor(options: StagingTableOptions) {
    this.#o = options;
    this.#bare = `stage_${options.context.nextNumber()}`;
    this.name = quoteTable({ namespace: "pg_temp", name: this.#bare });
    this.#columns = options.columns;
    this.#sink = this.#newSink();
  }

  /** Returns the row's ordinal. @param ordinal default: the next one. */
  append(row: Row, hash: string | undefined, ordinal = ++this.#ordinal): number {
    this.#sink.append(row, hash, ordinal);
    this.rows++;
    return ordinal;
  }

  /** An ordinal between those of the rows before and those that follow. */
  mark(): number {
    return ++this.#ordinal;
  }

  drain(): Promise<void> {
    return this.#sink.drain();
  }

  flush(): Promise<void> {
    return this.#sink.flush();
  }

  /** Follows the table's columns. True where hashes of staged rows changed with the types. */
  async redefine(columns: readonly ColumnDefinition[]): Promise<boolean> {
    let rehashed = false;
    if (this.#created || this.rows > 0) {
      await this.flush();
      rehashed = await this.#alter(columns);
    }
    this.#columns = columns;
    this.#sink = this.#newSink();
    return rehashed;
  }

  /** The statements that empty it, for the end of the commit's transaction. */
  cleanup(): string[] {
    if (!this.#created || this.rows === 0) return [];
    this.#piled += this.rows;
    if (this.#piled < TRUNCATE_ROWS) return [`DELETE FROM ${this.name}`];
    this.#piled = 0;
    return [`TRUNCATE ${this.name}`];
  }

  /** The commit is done. */
  reset(): void {
    this.rows = 0;
  }

  async #alter(columns: readonly ColumnDefinition[]): Promise<boolean> {
    const { context, table, hashed } = this.#o;
    const what = `following the columns of table "${table}"`;
    const place = { namespace: "pg_temp", name: this.#bare };
    const plan = planColumns(place, this.#columns, columns);
    const where = plan.rehash.length === 0 || !hashed ? undefined : plan.rehash.join(" OR ");
    if (plan.statements.length > 0) await runSql(context, what, plan.statements.join("; "));
    if (where === undefined) return false;
    const own = !context.transaction.open;
    if (own) await runSql(context, what, "BEGIN");
    const changed = await rehash(context.connection.client, { table: place, columns, where });
    if (own) await runSql(context, what, "COMMIT");
    return changed > 0;
  }

  #newSink(): CopySink {
    const { context, table, hashed } = this.#o;
    return new CopySink({
      lane: context.lane,
      into: this.name,
      table,
      columns: this.#columns,
      trailing: hashed ? ["hash", "ordinal"] : ["ordinal"],
      prepare: () => this.#create(),
    });
  }

  async #create(): Promise<void> {
    if (this.#created) return;
    this.#created = true;
    const { context, table, hashed } = this.#o;
    const columns = this.#columns.map(({ name, type }) => `${quoteIdentifier(name)} ${sqlType(type)}`);
    const own = [...(hashed ? ["_row_hash bytea"] : []), "_ordinal bigint"];
    await runSql(
      context,
      `staging rows of table "${table}"`,
      `CREATE TEMPORARY TABLE ${quoteIdentifier(this.#bare)} (${[...columns, ...own].join(", ")})`,
    );
  }
}
