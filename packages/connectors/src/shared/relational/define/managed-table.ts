import {
  canonicalJson,
  HASH_VERSION,
  MillraceError,
  type SchemaChange,
  type TableDefinition,
} from "@millrace/core";
import { align, alignments, type Alignment } from "../columns/align.ts";
import { mayHashOtherwise, rehash } from "../columns/rehash.ts";
import type { TableColumn } from "../columns/table-column.ts";
import { describeTable } from "../session/describe-table.ts";
import type { SessionContext } from "../session/session-context.ts";
import { recordOwner, type OwnerRow } from "../state/owners.ts";
import type { TableDescription } from "../table-description.ts";
import { checkDefinition, checkFits, checkOwner } from "./check-table.ts";
import { VERSION_COLUMN } from "./create-table.ts";
import { currentTable, type CurrentTable } from "./current-table.ts";
import type { PlacedTable } from "./placed-table.ts";
import { planTable, schemaChange, type TablePlan } from "./plan-table.ts";
import { keyColumns, type TableLayout } from "./table-layout.ts";

/** A table as the session writes it: what it is in the database, what it is to be, and what is still to be done for that. */
export class ManagedTable {
  readonly #context: SessionContext;
  /** Columns that have to keep texts. */
  readonly #asText = new Set<string>();
  #current: CurrentTable;
  #plan: TablePlan;
  #executed = false;
  #recordPending: boolean;
  #hasRemovals: boolean;
  #lastSnapshot: string | null;

  private constructor(
    context: SessionContext,
    found: { readonly current: CurrentTable; readonly plan: TablePlan },
  ) {
    this.#context = context;
    this.#current = found.current;
    this.#plan = found.plan;
    this.#hasRemovals = found.current.owners.some((owner) => owner.hasRemovals);
    this.#lastSnapshot = this.#ownRow()?.lastSnapshot ?? null;
    this.#recordPending = this.#differsFromRecord();
  }

  /**
   * Looks at a table and plans what is to be done so that it is as wanted. @param recorded whether the state tables exist.
   * Fails with MLR_TABLE_OWNED, MLR_SCHEMA_MISMATCH or MLR_SCHEMA_INVALID.
   */
  static async define(
    context: SessionContext,
    wanted: PlacedTable,
    recorded: boolean,
  ): Promise<ManagedTable> {
    const { dialect, pipeline } = context;
    checkDefinition(dialect, wanted);
    const current = await currentTable(context.link, wanted, recorded ? context.state : undefined);
    checkOwner(wanted, current, pipeline);
    const empty = await isEmpty(context, wanted, current);
    checkFits(dialect, wanted, current, { pipeline, empty });
    const plan = planTable({ dialect, wanted, current, asText: new Set() });
    return new ManagedTable(context, { current, plan });
  }

  get layout(): TableLayout {
    return this.#plan.layout;
  }

  get table(): PlacedTable {
    return this.#plan.layout.table;
  }

  /** What has to be done, compared with the database. */
  get changes(): readonly SchemaChange[] {
    return this.#executed ? [] : this.#plan.changes;
  }

  get pending(): "nothing" | "create" | "alter" {
    const { creates, statements, table, history } = this.#plan;
    if (this.#executed) return "nothing";
    if (creates) return "create";
    return statements.length + table.length + history.length === 0 ? "nothing" : "alter";
  }

  get hasRemovals(): boolean {
    return this.#hasRemovals;
  }

  /** Scope of the last snapshot that the pipeline took, also where that one was empty. */
  get lastSnapshot(): string | null {
    return this.#lastSnapshot;
  }

  /** Names of the columns that the table has now, before anything is done. */
  get presentColumns(): ReadonlySet<string> {
    return new Set(this.#current.description?.columns.map(({ name }) => name));
  }

  /** The columns as they are now, for reading what is there before the plan is carried out. */
  get storedColumns(): readonly TableColumn[] {
    const converted = new Map(
      this.#executed
        ? []
        : this.#plan.table.flatMap((each) =>
            each.kind === "convert" ? [[each.conversion.from.name, each.conversion.from]] : [],
          ),
    );
    const present = this.presentColumns;
    return this.layout.columns
      .filter(({ name }) => this.#executed || present.has(name))
      .map((column) => converted.get(column.name) ?? column);
  }

  /** True where the definition says nothing new. */
  fits(wanted: PlacedTable): boolean {
    return sameDefinition(wanted, this.table);
  }

  /** Defines the table anew in the middle of a session. Returns what changes, compared with the last definition. */
  redefine(wanted: PlacedTable): readonly SchemaChange[] {
    const { dialect, pipeline } = this.#context;
    checkDefinition(dialect, wanted);
    const before = this.layout;
    // Columns that came before stay, also where this definition does not name them.
    const named = new Set(wanted.columns.map(({ name }) => name));
    const kept = before.table.columns.filter(({ name }) => !named.has(name));
    const all = { ...wanted, columns: [...kept, ...wanted.columns] };
    checkFits(dialect, all, this.#current, { pipeline, empty: true });
    this.#plan = planTable({ dialect, wanted: all, current: this.#current, asText: this.#asText });
    this.#executed = false;
    this.#recordPending = this.#differsFromRecord();
    const changed = alignments(dialect, before.target, before.columns, this.layout.columns);
    return changed
      .filter((each) => each.kind !== "drop-not-null" || !wanted.key.includes(each.column.name))
      .map((each) => schemaChange(this.table.name, each));
  }

  /** Lets columns keep texts from now on, since values came that their counterparts cannot hold. */
  keepAsText(columns: readonly string[]): void {
    for (const column of columns) this.#asText.add(column);
    const { dialect } = this.#context;
    this.#plan = planTable({ dialect, wanted: this.table, current: this.#current, asText: this.#asText });
    this.#executed = false;
  }

  /**
   * Rows were shaped for the columns that were seen; those of a shared table may have been changed by its other owner.
   * Fails with MLR_DESTINATION_CONFLICT.
   */
  async checkUnchanged(): Promise<void> {
    if (this.table.discriminator === undefined) return;
    const { link } = this.#context;
    const before = this.#current.description;
    const now = await describeTable(link, this.table);
    const columns = (description: TableDescription | undefined): string =>
      JSON.stringify(description?.columns.map(({ name, sqlType, mark }) => [name, sqlType, mark]) ?? null);
    if (columns(before) === columns(now)) return;
    throw new MillraceError(
      "MLR_DESTINATION_CONFLICT",
      `another pipeline changed table "${this.table.name}" at the same time`,
      { hint: "Try again: the table is read anew." },
    );
  }

  /** Does what is to be done. */
  async execute(): Promise<void> {
    if (this.pending === "nothing") return;
    const { creates, statements, table, history, layout } = this.#plan;
    const { link } = this.#context;
    const what = `${creates ? "creating" : "changing"} table "${this.table.name}"`;
    await link.run(what, statements);
    const json = await this.#locked(layout.target, table, async () => {
      const found = await align(link, what, table);
      if (found.length > 0) await this.#rehash(layout.target, found);
      return found;
    });
    await this.#locked(layout.history, history, async () => {
      await align(link, what, history);
      if (json.length > 0) await this.#rehash(layout.history, json);
    });
    this.#executed = true;
  }

  /** Writes the owner's row where it is not as it should be, in the open transaction. */
  async record(at: number | bigint): Promise<void> {
    if (!this.#recordPending || this.table.internal === true) return;
    const { link, state, pipeline } = this.#context;
    await recordOwner(link, state, {
      table: this.table,
      pipeline,
      hasRemovals: this.#hasRemovals,
      lastSnapshot: this.#lastSnapshot,
      at,
    });
    this.#recordPending = false;
  }

  /** The history holds removals from now on; to be recorded. */
  markRemovals(): void {
    this.#recordPending ||= !this.#hasRemovals;
    this.#hasRemovals = true;
  }

  markSnapshot(scope: string): void {
    this.#recordPending ||= this.#lastSnapshot !== scope;
    this.#lastSnapshot = scope;
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
    const { target, history } = this.layout;
    for (const reference of this.#current.history === undefined ? [target] : [target, history])
      await this.#rehash(reference);
    this.#recordPending = true;
  }

  /** Gives rows that others changed the hash of what they hold now, so that a reading finds them different. */
  async admitChanges(): Promise<void> {
    if (this.#ownRow() === undefined || this.table.mode !== "merge" || this.#context.dryRun) return;
    const { link } = this.#context;
    const what = `looking for rows of table "${this.table.name}" that others changed`;
    await rehash(link, what, {
      reference: this.layout.target,
      columns: this.storedColumns,
      key: keyColumns(this.layout),
    });
  }

  /** The commit is durable. */
  async committed(): Promise<void> {
    if (!this.#executed) return;
    const { link, state } = this.#context;
    this.#current = await currentTable(link, this.table, state);
    const { layout } = this.#plan;
    this.#plan = { layout, creates: false, changes: [], statements: [], table: [], history: [] };
    this.#executed = false;
  }

  /** Keeps others out of a table whose columns are converted in several steps that cannot be undone. */
  async #locked<T>(reference: string, alignments: readonly Alignment[], work: () => Promise<T>): Promise<T> {
    const { link, dialect } = this.#context;
    const converts = alignments.some(({ kind }) => kind === "convert");
    const locks = converts && dialect.ddl === "immediate" ? dialect.lockTable?.(reference) : undefined;
    if (locks === undefined) return work();
    const what = `changing table "${this.table.name}"`;
    await link.run(what, locks.begin);
    try {
      return await work();
    } finally {
      if (!link.lost) await link.run(what, locks.end);
    }
  }

  /** Computes row hashes anew: of the rows whose hash may be another one because columns became JSON, or of all. */
  async #rehash(reference: string, json?: readonly TableColumn[]): Promise<void> {
    if (this.table.mode !== "merge") return;
    const { link } = this.#context;
    const what = `computing the row hashes of table "${this.table.name}" anew`;
    const { layout } = this;
    await rehash(link, what, {
      reference,
      columns: json === undefined ? this.storedColumns : layout.columns,
      key: reference === layout.history ? [VERSION_COLUMN] : keyColumns(layout),
      ...(json === undefined ? {} : { where: mayHashOtherwise(link, json) }),
    });
  }

  #ownRow(): OwnerRow | undefined {
    return this.#current.owners.find(({ pipeline }) => pipeline === this.#context.pipeline);
  }

  #differsFromRecord(): boolean {
    const own = this.#ownRow();
    return own === undefined || !sameDefinition(own.definition, this.table);
  }
}

/** Options that are undefined count as absent. */
function sameDefinition(a: TableDefinition, b: TableDefinition): boolean {
  const text = (definition: TableDefinition): string => canonicalJson(JSON.parse(JSON.stringify(definition)));
  return text(a) === text(b);
}

async function isEmpty(
  context: SessionContext,
  wanted: PlacedTable,
  current: CurrentTable,
): Promise<boolean> {
  if (current.description?.kind !== "table" || current.owners.length > 0) return true;
  const what = `looking into table "${wanted.name}"`;
  const reference = context.dialect.table(wanted);
  const n = await context.link.count(
    what,
    `SELECT CASE WHEN EXISTS (SELECT 1 FROM ${reference}) THEN 1 ELSE 0 END AS n`,
  );
  return n === 0;
}
