import { MillraceError, type EncodableBatch, type SchemaChange, type TableDefinition } from "@millrace/core";
import { evolve, sameColumns } from "../define/evolve.ts";
import { createTableSql, layoutOf, type TableLayout } from "../define/layout.ts";
import { checkNames, prepareSchema, type PreparedSchema } from "../define/prepare-schema.ts";
import { quote } from "../server/quote.ts";
import { ensureView } from "../state/actions.ts";
import { checkOwners, latestDefinition, readRegistry, tableEntryName } from "../state/registry.ts";
import { AppendStage } from "../stage/append-stage.ts";
import { TableStage } from "../stage/table-stage.ts";
import type { SessionContext } from "./session-context.ts";

/** One table of a session: its definition as it grows, and what came for it since the last commit. */
export class ManagedTable {
  readonly #context: SessionContext;
  readonly database: string;
  /** As it will be with the next commit. */
  layout: TableLayout;
  /** As it is stored; undefined while it is not. */
  stored: TableLayout | undefined;
  stage: TableStage | undefined;
  append: AppendStage | undefined;
  #widened = false;
  #version: bigint | undefined;

  private constructor(
    context: SessionContext,
    database: string,
    layouts: { layout: TableLayout; stored?: TableLayout | undefined },
  ) {
    this.#context = context;
    this.database = database;
    this.layout = layouts.layout;
    this.stored = layouts.stored;
  }

  /** Takes a table up. Fails with MLR_TABLE_OWNED, or MLR_SCHEMA_MISMATCH where somebody else has tables of these names. */
  static async open(
    context: SessionContext,
    definition: TableDefinition,
  ): Promise<{ readonly table: ManagedTable; readonly changes: readonly SchemaChange[] }> {
    const { server, pipeline, work } = context;
    const database = definition.namespace ?? server.settings.database;
    const records = await readRegistry(server, tableEntryName(database, definition.name));
    if (definition.internal !== true) checkOwners(definition, pipeline, records);
    const latest = latestDefinition(records)?.definition;
    const layout = (each: TableDefinition): TableLayout => makeLayout(context, each, database);
    if (latest === undefined) {
      const fresh = layout(definition);
      if (records.length === 0) await checkNames(work, fresh);
      return {
        table: new ManagedTable(context, database, { layout: fresh }),
        changes: created(fresh, context),
      };
    }
    const { definition: merged, changes, widened } = evolve(definition, latest, server.features);
    const table = new ManagedTable(context, database, { layout: layout(merged), stored: layout(latest) });
    table.#widened = widened;
    if (table.stored?.view !== undefined) {
      const { view, main } = table.stored;
      await ensureView(work, { ...view, rows: main.name });
    }
    return { table, changes };
  }

  get definition(): TableDefinition {
    return this.layout.definition;
  }

  get entryName(): string {
    return tableEntryName(this.database, this.definition.name);
  }

  get hasRows(): boolean {
    return this.stage !== undefined || this.append !== undefined;
  }

  /** Takes what the table is to be from now on; rows that came already are brought in line. */
  async define(wanted: TableDefinition): Promise<readonly SchemaChange[]> {
    const { server } = this.#context;
    const { definition, changes, widened } = evolve(wanted, this.definition, server.features);
    const grown = !sameColumns(definition.columns, this.definition.columns);
    this.layout = makeLayout(this.#context, definition, this.database);
    this.#widened ||= widened;
    if (grown) {
      await this.stage?.evolve(definition);
      await this.append?.evolve(this.layout);
    }
    return changes;
  }

  async write(batch: EncodableBatch, number: bigint): Promise<void> {
    const { work, options } = this.#context;
    const { mode, name } = this.definition;
    if (mode === "merge" && batch.hashes?.length !== batch.rows.length) {
      throw new MillraceError("MLR_INTERNAL", `a batch for table "${name}" has not one hash per row`);
    }
    const { batchBytes } = options;
    if (mode === "append") {
      this.append ??= new AppendStage(work, this.layout, { batchBytes, batch: number });
      return this.append.write(batch);
    }
    this.stage ??= new TableStage(work, this.definition, batchBytes);
    return this.stage.write(batch);
  }

  async flush(): Promise<void> {
    await this.stage?.flush();
    await this.append?.flush();
  }

  /** Brings the stored table in line with the definition, as far as that can be done before the commit. */
  prepareSchema(): Promise<PreparedSchema> {
    const { work, options } = this.#context;
    const { layout, stored: before } = this;
    return prepareSchema({ work, layout, before, widened: this.#widened, batchBytes: options.batchBytes });
  }

  /** A version higher than that of any row. */
  async nextVersion(main: { readonly database: string; readonly table: string }): Promise<bigint> {
    if (this.#version === undefined) {
      const [row] = await this.#context.server.values(
        `SELECT max(_version) FROM ${quote(main.database, main.table)}`,
      );
      this.#version = BigInt(String(row?.[0] ?? 0));
    }
    return ++this.#version;
  }

  /** The commit landed. */
  committed(): void {
    this.stored = this.layout;
    this.#widened = false;
    this.stage = undefined;
    this.append = undefined;
  }
}

function makeLayout(
  { server, options }: SessionContext,
  definition: TableDefinition,
  database: string,
): TableLayout {
  return layoutOf(definition, {
    database,
    features: server.features,
    extras: options.tables[definition.name],
  });
}

function created(layout: TableLayout, { server }: SessionContext): SchemaChange[] {
  const table = layout.definition.name;
  const changes: SchemaChange[] = [
    { table, kind: "create-table", statement: createTableSql(layout.main, server.features) },
  ];
  if (layout.history !== undefined) {
    const statement = createTableSql(layout.history, server.features);
    changes.push({ table: layout.history.name, kind: "create-history", statement });
  }
  return changes;
}
