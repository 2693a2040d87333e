import { MillraceError, type ColumnDefinition, type Counts } from "@millrace/core";
import { hasArrays, NULL_ARRAYS } from "../codec/column-form.ts";
import { ADDED, createTableSql, orderBy, type PhysicalTable } from "../define/layout.ts";
import { quote } from "../server/quote.ts";
import type { Action } from "../state/actions.ts";
import { epochTable, STATE_DATABASE } from "../state/names.ts";
import { tableEntryName } from "../state/registry.ts";
import type { CommitContext, OpenEpoch, Place } from "./commit-context.ts";
import { attachOf, createLike } from "./delta.ts";

/** What one reading brought in this commit. */
export interface Pending {
  readonly epoch: OpenEpoch;
  /** New rows, in a table of the attempt's own; absent: none. */
  readonly delta?: string;
  readonly rows: number;
  /** Rows the reading has in all, with those of earlier commits. */
  readonly total: number;
}

/** The rows of replace and snapshot tables wait with their reading until it is complete. */
export class PendingRows {
  readonly #context: CommitContext;
  readonly counts: Partial<Counts> & {
    inserted: number;
    updated: number;
    removed: number;
    duplicates: number;
  } = {
    inserted: 0,
    updated: 0,
    removed: 0,
    duplicates: 0,
  };
  readonly byEpoch = new Map<string, Pending>();

  constructor(context: CommitContext) {
    this.#context = context;
  }

  get #keyed(): boolean {
    return this.#context.layout.definition.key.length > 0;
  }

  get #key(): string {
    return this.#context.layout.definition.key.map((name) => quote(name)).join(", ");
  }

  /** Sorts what came by reading. */
  async gather(): Promise<void> {
    const { open, completed, discarded, stage } = this.#context;
    const lasts = stage?.rows !== undefined && this.#keyed ? await this.#lasts(stage.rows) : undefined;
    const groups = this.#groupsByEpoch();
    const kept = [...open.values(), ...completed];
    for (const epoch of kept) await this.#gatherEpoch(epoch, groups.get(epoch.record.id) ?? [], lasts);
    for (const { record } of discarded) {
      const rows = await this.#rowsOf(groups.get(record.id) ?? [], lasts);
      this.counts.inserted += rows;
      this.counts.removed += rows;
    }
    for (const [id, list] of groups) {
      if (list.length === 0 || [...kept, ...discarded].some(({ record }) => record.id === id)) continue;
      throw new MillraceError(
        "MLR_INTERNAL",
        `rows of table "${this.#context.layout.definition.name}" count in epoch ${id}, which is not open`,
      );
    }
  }

  /** The rows that a reading has from earlier commits. */
  async stored({ stored }: OpenEpoch): Promise<number> {
    if (stored === undefined) return 0;
    const from = quote(stored.database, stored.table);
    return this.#count(this.#keyed ? `(SELECT DISTINCT ${this.#key} FROM ${from})` : from);
  }

  /** Steps that add what came to the tables of readings that go on. */
  async keep(): Promise<readonly Action[]> {
    const actions: Action[] = [];
    for (const [id, epoch] of this.#context.open) {
      const pending = this.byEpoch.get(id);
      if (pending?.delta === undefined) continue;
      const table = pendingTable(this.#context, id);
      if (epoch.stored === undefined) await this.#createFresh(table);
      actions.push(attachOf(this.#context, table, pending.delta, pending.rows));
    }
    return actions;
  }

  /** SELECT of all rows of a reading, the last of each key, with what the columns are in the outcome. */
  selects({ epoch, delta }: Pending, values: string): string[] {
    const selects: string[] = [];
    const fresh = delta === undefined ? undefined : quote(STATE_DATABASE, delta);
    if (fresh !== undefined) selects.push(`SELECT ${values} FROM ${fresh}`);
    if (epoch.stored === undefined) return selects;
    const from = quote(epoch.stored.database, epoch.stored.table);
    const superseded =
      fresh === undefined || !this.#keyed
        ? ""
        : ` WHERE (${this.#key}) NOT IN (SELECT ${this.#key} FROM ${fresh})`;
    selects.push(`SELECT ${values} FROM ${from}${this.#keyed ? " FINAL" : ""}${superseded}`);
    return selects;
  }

  async #gatherEpoch(epoch: OpenEpoch, groups: readonly number[], lasts: string | undefined): Promise<void> {
    const rows = await this.#rowsOf(groups, lasts);
    const before = await this.stored(epoch);
    const delta = rows === 0 ? undefined : await this.#delta(epoch.record.id, groups, lasts);
    const again = delta === undefined ? 0 : await this.#again(epoch.stored, delta);
    this.counts.inserted += rows - again;
    this.counts.updated += again;
    const total = before + rows - again;
    this.byEpoch.set(epoch.record.id, { epoch, rows, total, ...(delta === undefined ? {} : { delta }) });
  }

  /** Keys that the reading had before. */
  async #again(stored: Place | undefined, delta: string): Promise<number> {
    if (stored === undefined || !this.#keyed) return 0;
    const from = quote(stored.database, stored.table);
    const keys = `SELECT ${this.#key} FROM ${quote(STATE_DATABASE, delta)}`;
    return this.#count(`(SELECT DISTINCT ${this.#key} FROM ${from} WHERE (${this.#key}) IN (${keys}))`);
  }

  async #delta(id: string, groups: readonly number[], lasts: string | undefined): Promise<string> {
    const { work, stage, version, batch, layout } = this.#context;
    const delta = await createLike(work, pendingTable(this.#context, id), "pending");
    const { columns } = layout.definition;
    const own = [
      ...columns.map(({ name }) => quote(name)),
      ...(hasArrays(columns) ? [NULL_ARRAYS] : []),
    ].join(", ");
    const list = groups.join(", ");
    const last =
      lasts === undefined ? "" : ` AND _ordinal IN (SELECT o FROM ${lasts} WHERE grp IN (${list}))`;
    await work.server.run(
      `INSERT INTO ${quote(STATE_DATABASE, delta)} (${own}, _version, _batch)
SELECT ${own}, toUInt64(${version}), toUInt64(${batch}) FROM ${quote(STATE_DATABASE, stage?.rows ?? "")} WHERE _group IN (${list})${last}`,
      { doing: `writing table "${layout.definition.name}"` },
    );
    return delta;
  }

  /** The number and group of the last row of each key. */
  async #lasts(rows: string): Promise<string> {
    const { work, stage, layout } = this.#context;
    const columns = ["o", "grp"].map((name) => ({ name, sql: "UInt64" }));
    const table = quote(STATE_DATABASE, await work.create("lasts", columns, "MergeTree ORDER BY o"));
    await work.server.run(
      `INSERT INTO ${table} SELECT max(_ordinal), argMax(_group, _ordinal) FROM ${quote(STATE_DATABASE, rows)} GROUP BY ${this.#key}`,
      { doing: `comparing rows of table "${layout.definition.name}"` },
    );
    this.counts.duplicates += (stage?.count ?? 0) - (await this.#count(table));
    return table;
  }

  async #rowsOf(groups: readonly number[], lasts: string | undefined): Promise<number> {
    if (groups.length === 0) return 0;
    if (lasts !== undefined) return this.#count(`${lasts} WHERE grp IN (${groups.join(", ")})`);
    return groups.reduce((sum, group) => sum + (this.#context.stage?.groupRows[group] ?? 0), 0);
  }

  #groupsByEpoch(): Map<string, number[]> {
    const { stage, layout } = this.#context;
    const byEpoch = new Map<string, number[]>();
    for (const [group, ids] of (stage?.groups ?? []).entries()) {
      if ((stage?.groupRows[group] ?? 0) === 0) continue;
      const [id] = ids;
      if (id === undefined) throw outsideOfEpochs(layout.definition.name, layout.definition.mode);
      byEpoch.set(id, [...(byEpoch.get(id) ?? []), group]);
    }
    return byEpoch;
  }

  async #count(from: string): Promise<number> {
    const [row] = await this.#context.work.server.values(`SELECT count() FROM ${from}`);
    return Number(row?.[0] ?? 0);
  }

  /** An attempt that died before its commit may have left a table of this name; nothing is in it. */
  async #createFresh(table: PhysicalTable): Promise<void> {
    const { server } = this.#context.work;
    const doing = "preparing the epoch's table";
    await server.run(`DROP TABLE IF EXISTS ${quote(STATE_DATABASE, table.name)}`, { doing });
    await server.run(createTableSql(table, server.features), { doing });
  }
}

/** Columns of the table in which a reading waits. */
function pendingColumns(columns: readonly ColumnDefinition[]): readonly ColumnDefinition[] {
  return [...columns, ADDED.version, ADDED.batch];
}

/** The table in which a reading waits. */
export function pendingTable(
  { layout, pipelineId }: Pick<CommitContext, "layout" | "pipelineId">,
  id: string,
): PhysicalTable {
  const { definition, database, main } = layout;
  const keyed = definition.key.length > 0;
  return {
    database: STATE_DATABASE,
    name: epochTable(pipelineId, id, tableEntryName(database, definition.name)),
    columns: pendingColumns(definition.columns),
    engine: `${keyed ? "ReplacingMergeTree(_version)" : "MergeTree"} ${orderBy(definition.key)}`,
    lowCardinality: main.lowCardinality,
  };
}

function outsideOfEpochs(table: string, mode: string): MillraceError {
  return new MillraceError(
    "MLR_SOURCE_PROTOCOL",
    `rows for table "${table}" (mode ${mode}) came outside of any epoch`,
    {
      hint: 'The source has to send { type: "begin" } before the rows and { type: "complete" } after them.',
    },
  );
}
