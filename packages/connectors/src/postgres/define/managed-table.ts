import {
  HASH_VERSION,
  MillraceError,
  canonicalJson,
  type SchemaChange,
  type TableDefinition,
} from "@millrace/core";
import type { ClientBase } from "pg";
import type { PlacedTable } from "../ddl/create-table.ts";
import { historyName } from "../ddl/names.ts";
import { rehash } from "../inspect/rehash.ts";
import type { MergeTarget } from "../merge/merge-target.ts";
import { quoteTable } from "../quote.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";
import { TableSql } from "../sql/table-sql.ts";
import { checkDefinition, checkFits, checkOwner } from "./check-table.ts";
import { currentTable, type CurrentTable } from "./current-table.ts";
import { planColumns, planTable, type TablePlan } from "./plan-table.ts";

/** Says why an epoch under way cannot remove. */
const REHASHED = "a column became json while the reading was under way, which changed row hashes";

/** For rows that have no hash: no row that is read has this one. */
const NO_HASH = Buffer.alloc(32);

/** A table as the session writes it: what it is in the database, what it is to be, and what is still to be done for that. */
export class ManagedTable implements MergeTarget {
  sql: TableSql;
  readonly #context: SessionContext;
  readonly #recorded: boolean;
  #current: CurrentTable;
  #plan: TablePlan;
  /** The plan's statements were run in the open transaction. */
  #executed = false;
  /** The open transaction made the table: nobody else sees it. */
  #createdHere = false;
  #recordPending: boolean;
  #hasRemovals: boolean;
  #removalsMarked = false;
  #taints: string[] = [];

  private constructor(
    context: SessionContext,
    recorded: boolean,
    found: { readonly current: CurrentTable; readonly plan: TablePlan },
  ) {
    this.#context = context;
    this.#recorded = recorded;
    this.#current = found.current;
    this.#plan = found.plan;
    this.sql = new TableSql(found.plan.table);
    this.#recordPending = this.#differsFromRecord();
    this.#hasRemovals = found.current.owners.some((owner) => owner.hasRemovals);
  }

  /**
   * Looks at a table and plans what is to be done so that it is as wanted. @param recorded whether schema `millrace` exists.
   * Fails with MLR_TABLE_OWNED, MLR_SCHEMA_MISMATCH or MLR_SCHEMA_INVALID.
   */
  static async define(
    context: SessionContext,
    wanted: PlacedTable,
    recorded: boolean,
  ): Promise<{ table: ManagedTable; changes: readonly SchemaChange[] }> {
    checkDefinition(wanted);
    const current = await currentTable(context.connection, wanted, recorded);
    checkOwner(wanted, current, context.tablesOf);
    const empty = await isEmpty(context, wanted, current);
    checkFits(wanted, current, context.tablesOf, empty);
    const plan = planTable(wanted, current);
    const table = new ManagedTable(context, recorded, { current, plan });
    return { table, changes: plan.changes };
  }

  get table(): PlacedTable {
    return this.#plan.table;
  }

  get pending(): "nothing" | "create" | "alter" {
    if (this.#executed || this.#plan.statements.length === 0) return "nothing";
    return this.#plan.creates ? "create" : "alter";
  }

  get hasRemovals(): boolean {
    return this.#hasRemovals;
  }

  get rehashPending(): boolean {
    return !this.#executed && this.#plan.rehash.length > 0;
  }

  get presentColumns(): ReadonlySet<string> {
    return new Set(this.#current.description?.columns.map(({ name }) => name));
  }

  /** Reasons why epochs under way may not remove. */
  get taints(): readonly string[] {
    return this.#taints;
  }

  /** True where the definition says nothing new. */
  fits(wanted: PlacedTable): boolean {
    return sameDefinition(wanted, this.#plan.table);
  }

  /**
   * Defines the table anew in the middle of a session; rows on their way into the table itself have to be there. Returns
   * what changes, compared with the last definition.
   */
  async redefine(wanted: PlacedTable): Promise<readonly SchemaChange[]> {
    checkDefinition(wanted);
    const before = this.#plan.table;
    if (this.#executed) await this.refresh();
    // Columns that came before stay, also where this definition does not name them.
    const named = new Set(wanted.columns.map(({ name }) => name));
    const kept = before.columns.filter(({ name }) => !named.has(name));
    const all = { ...wanted, columns: [...kept, ...wanted.columns] };
    checkFits(all, this.#current, this.#context.tablesOf, true);
    this.#plan = planTable(all, this.#current);
    this.#executed = false;
    this.sql = new TableSql(this.#plan.table);
    this.#recordPending = this.#differsFromRecord();
    const columns = planColumns(this.table, before.columns, this.table.columns);
    const changes = this.#plan.creates ? growth(this.table, columns.statements) : this.#plan.changes;
    return changes;
  }

  /** Looks at the table again. */
  async refresh(): Promise<void> {
    this.#current = await currentTable(this.#context.connection, this.table, this.#recorded);
    this.#plan = { table: this.table, creates: false, changes: [], statements: [], rehash: [] };
    this.#executed = false;
  }

  /** Runs the statements that are to be run, in the open transaction. */
  async execute(): Promise<void> {
    if (this.pending === "nothing") return;
    const what = `${this.#plan.creates ? "creating" : "changing"} table "${this.table.name}"`;
    this.#executed = true;
    this.#createdHere ||= this.#plan.creates;
    await runSql(this.#context, what, this.#plan.statements.join(";\n"));
    if (this.#plan.rehash.length > 0 && this.table.mode === "merge")
      await this.#rehash(this.#plan.rehash.join(" OR "));
  }

  /** Changes a table that nobody else sees yet, so that rows can go on straight into it; false where others may read it. */
  async alterAtOnce(): Promise<boolean> {
    if (this.pending === "create") return true;
    if (!this.#createdHere) return false;
    await this.execute();
    return true;
  }

  /** Writes the owner's row where it is not as it should be, in the open transaction. */
  async record(): Promise<void> {
    if (!this.#recordPending || this.table.internal === true) return;
    const { table } = this;
    const { discriminator } = table;
    const known = this.#ownRow()?.definition;
    const { rowCount } = await runSql(
      this.#context,
      `recording who owns table "${table.name}"`,
      `INSERT INTO millrace.tables AS o (table_schema, table_name, pipeline, mode, definition, hash_version, discriminator_column, discriminator_value)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
       ON CONFLICT (table_schema, table_name, pipeline) DO UPDATE SET mode = excluded.mode, definition = excluded.definition,
         hash_version = excluded.hash_version, discriminator_column = excluded.discriminator_column,
         discriminator_value = excluded.discriminator_value, updated_at = now()
       WHERE o.definition = $9::jsonb`,
      [
        table.namespace,
        table.name,
        this.#context.tablesOf,
        table.mode,
        JSON.stringify(table),
        HASH_VERSION,
        discriminator?.column ?? null,
        discriminator?.value ?? null,
        known === undefined ? null : JSON.stringify(known),
      ],
    );
    // Another partition of the pipeline has defined the table since this one looked: what it knows must not be forgotten.
    if (rowCount === 0) throw changedMeanwhile(table.name);
  }

  async markRemovals(): Promise<void> {
    if (this.#hasRemovals || this.#removalsMarked) return;
    this.#removalsMarked = true;
    await runSql(
      this.#context,
      `recording removals from table "${this.table.name}"`,
      "UPDATE millrace.tables SET has_removals = true WHERE table_schema = $1 AND table_name = $2 AND NOT has_removals",
      [this.table.namespace, this.table.name],
    );
  }

  rehashed(): void {
    if (!this.#taints.includes(REHASHED)) this.#taints = [...this.#taints, REHASHED];
  }

  /** Computes all row hashes anew where they follow an older version of the specification. */
  async upgradeHashes(): Promise<void> {
    const own = this.#ownRow();
    if (own === undefined || own.hashVersion >= HASH_VERSION || this.table.mode !== "merge") return;
    if (this.#context.dryRun) {
      throw new MillraceError(
        "MLR_SCHEMA_MISMATCH",
        `the row hashes of table "${this.table.name}" follow version ${own.hashVersion} of the specification, not ${HASH_VERSION}`,
        { hint: "Run the pipeline once, which computes them anew; then a dry run can compare." },
      );
    }
    const { columns } = own.definition;
    await this.#rehashing(async (client, what) => {
      for (const place of [this.table, historyOf(this.table)])
        await rehash(client, { table: place, columns });
      await runSql(
        this.#context,
        what,
        "UPDATE millrace.tables SET hash_version = $3 WHERE table_schema = $1 AND table_name = $2",
        [this.table.namespace, this.table.name, HASH_VERSION],
      );
    });
    await this.#reread();
  }

  /** Gives rows that others changed the hash of what they hold now, so that a reading finds them different. */
  async admitChanges(): Promise<void> {
    const own = this.#ownRow();
    const { table } = this;
    if (own === undefined || table.mode !== "merge" || table.internal === true || this.#context.dryRun)
      return;
    const { columns } = own.definition;
    const where = this.sql.own(quoteTable(table));
    await this.#rehashing(async (client) => {
      await rehash(client, { table, columns, where, otherwise: NO_HASH });
    });
  }

  /** The commit is durable. */
  async committed(): Promise<void> {
    this.#createdHere = false;
    if (this.#executed || this.#recordPending) await this.refresh();
    this.#recordPending = false;
    this.#hasRemovals ||= this.#removalsMarked;
    this.#removalsMarked = false;
    this.#taints = [];
  }

  /** Runs `work` in a transaction: the session's, where rows went straight into another table already. */
  async #rehashing(work: (client: ClientBase, what: string) => Promise<void>): Promise<void> {
    const { connection, transaction } = this.#context;
    const what = `computing the row hashes of table "${this.table.name}" anew`;
    if (transaction.open) return work(connection.client, what);
    await runSql(this.#context, what, "BEGIN");
    await work(connection.client, what);
    await runSql(this.#context, what, "COMMIT");
  }

  async #reread(): Promise<void> {
    this.#current = await currentTable(this.#context.connection, this.table, this.#recorded);
  }

  async #rehash(where: string): Promise<void> {
    const { columns } = this.table;
    const { client } = this.#context.connection;
    const changed = await rehash(client, { table: this.table, columns, where });
    await rehash(client, { table: historyOf(this.table), columns, where });
    if (changed > 0) this.rehashed();
  }

  #ownRow(): CurrentTable["owners"][number] | undefined {
    return this.#current.owners.find(({ pipeline }) => pipeline === this.#context.tablesOf);
  }

  #differsFromRecord(): boolean {
    const own = this.#ownRow();
    return own === undefined || !sameDefinition(own.definition, this.#plan.table);
  }
}

function changedMeanwhile(table: string): MillraceError {
  return new MillraceError(
    "MLR_DESTINATION_CONFLICT",
    `another run of the pipeline changed table "${table}" at the same time`,
    { hint: "Try again: the table is read anew." },
  );
}

/** Options that are undefined count as absent. */
function sameDefinition(a: TableDefinition, b: TableDefinition): boolean {
  const text = (definition: TableDefinition): string => canonicalJson(JSON.parse(JSON.stringify(definition)));
  return text(a) === text(b);
}

/** A table that was to be created with fewer columns a moment ago. */
function growth(table: PlacedTable, statements: readonly string[]): SchemaChange[] {
  return statements.map((statement) => ({
    table: table.name,
    kind: statement.includes(" ADD COLUMN ") ? "add-column" : "widen-column",
    statement,
  }));
}

async function isEmpty(
  context: SessionContext,
  wanted: TableDefinition & PlacedTable,
  current: CurrentTable,
): Promise<boolean> {
  const readable = ["table", "partitioned table"].includes(current.description?.kind ?? "");
  if (!readable || current.owners.length > 0) return true;
  const { rows } = await runSql<{ empty: boolean }>(
    context,
    `looking into table "${wanted.name}"`,
    `SELECT NOT EXISTS (SELECT FROM ${quoteTable(wanted)}) AS empty`,
  );
  return rows[0]?.empty === true;
}

function historyOf(table: PlacedTable): { namespace: string; name: string } {
  return { namespace: table.namespace, name: historyName(table.name) };
}
