import { hash } from "node:crypto";
import { suffixIdentifier, type ColumnDefinition } from "@millrace/core";
import { introspect } from "../ddl/introspect.ts";
import { createTable, type PlacedTable } from "../ddl/create-table.ts";
import { planColumns } from "../define/plan-table.ts";
import { IDENTIFIER_BYTES, quoteIdentifier, quoteLiteral, quoteTable } from "../quote.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";
import { TableSql } from "../sql/table-sql.ts";
import type { LoadTarget } from "../stage/load-target.ts";

/** Name of the constraint that lets PostgreSQL attach the table without reading it. */
const RUN_CHECK = "millrace_one_run";

/**
 * Collects the rows of one epoch, over as many commits as it takes, until they become visible together. It lies in schema
 * `millrace` and is an ordinary table: what is committed to it survives a crash.
 */
export class SideTable implements LoadTarget {
  readonly name: string;
  readonly presentColumns: ReadonlySet<string> = new Set();
  sql: TableSql;
  readonly #context: SessionContext;
  /** The columns that it has; undefined: it does not exist yet. */
  #columns: readonly ColumnDefinition[] | undefined;

  constructor(
    context: SessionContext,
    table: PlacedTable,
    options: { epoch: string; existing: string | undefined },
  ) {
    this.#context = context;
    this.name = options.existing ?? sideName(context, table, options.epoch);
    this.sql = new TableSql(this.#place(table));
  }

  get exists(): boolean {
    return this.#columns !== undefined;
  }

  get pending(): "nothing" | "create" | "alter" {
    if (this.#columns === undefined) return "create";
    return this.#growth().length > 0 ? "alter" : "nothing";
  }

  /** Finds out which columns an existing one has. */
  async look(): Promise<void> {
    const client = {
      query: <R extends object>(text: string, values?: readonly unknown[]) =>
        runSql<R>(this.#context, `looking at ${this.sql.target}`, text, values),
    };
    const found = await introspect(client, this.sql.table);
    if (found === undefined) return;
    this.#columns = found.columns.flatMap(({ name, type }) => (type === undefined ? [] : [{ name, type }]));
  }

  /** The table was defined anew. */
  follow(table: PlacedTable): void {
    this.sql = new TableSql(this.#place(table));
  }

  async execute(): Promise<void> {
    if (this.pending === "nothing") return;
    const { table, target } = this.sql;
    const what = `preparing the rows of table "${table.name}"`;
    if (this.#columns === undefined) {
      const check = `CONSTRAINT ${quoteIdentifier(RUN_CHECK)} CHECK (_run_id = ${quoteLiteral(this.#context.run)}::uuid)`;
      await runSql(this.#context, what, createTable(table, { primaryKey: table.key, extra: [check] }));
      await runSql(
        this.#context,
        what,
        `COMMENT ON TABLE ${target} IS 'Rows of a reading; visible once it is complete.'`,
      );
    } else await runSql(this.#context, what, this.#growth().join("; "));
    this.#columns = table.columns;
  }

  async countRows(): Promise<number> {
    const { rows } = await runSql<{ n: string }>(
      this.#context,
      `counting the rows of ${this.sql.target}`,
      `SELECT count(*) AS n FROM ${this.sql.target}`,
    );
    return Number(rows[0]?.n ?? 0);
  }

  async drop(): Promise<void> {
    await runSql(this.#context, `dropping ${this.sql.target}`, `DROP TABLE IF EXISTS ${this.sql.target}`);
    this.#columns = undefined;
  }

  #growth(): readonly string[] {
    return planColumns(this.sql.table, this.#columns ?? [], this.sql.table.columns).statements;
  }

  #place(table: PlacedTable): PlacedTable {
    return { ...table, namespace: "millrace", name: this.name, mode: "replace" };
  }
}

function sideName(context: SessionContext, table: PlacedTable, epoch: string): string {
  const digits = hash("sha256", [context.pipeline, quoteTable(table), context.run, epoch].join("\n"), "hex");
  return suffixIdentifier(table.name, `__${digits.slice(0, 12)}`, IDENTIFIER_BYTES);
}
