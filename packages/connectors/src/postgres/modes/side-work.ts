import { MillraceError, type EncodableBatch, type FieldDifference } from "@millrace/core";
import type { PlacedTable } from "../ddl/create-table.ts";
import type { SessionContext } from "../session/session-context.ts";
import type { CompletedEpoch, EpochRecord, TableCommit, TableWork } from "../session/table-work.ts";
import { TableSql } from "../sql/table-sql.ts";
import { AppendWork } from "./append-work.ts";
import { SideTable } from "./side-table.ts";
import { SideRows } from "./side-rows.ts";

/** How the rows of a completed epoch become visible: the one difference between replace and snapshot. */
export interface Reveal {
  /** Lets the rows of the side table (undefined: there are none) take the place of those of the scope, and counts those. */
  swap(sql: TableSql, side: SideTable | undefined, epoch: CompletedEpoch, commit: TableCommit): Promise<void>;
  /** The side table whose rows `finish` adds to those of the table. */
  readonly pending?: SideTable | undefined;
  /** The last thing before the commit: what may lock the table. */
  finish(): Promise<void>;
  /** Counts the rows that would have to go. @param exists whether there is a table that could hold some. */
  plan(sql: TableSql, epoch: CompletedEpoch, commit: TableCommit, exists: boolean): Promise<void>;
  /** After the commit: cleans up, as far as nobody is in the way. */
  tidy(sql: TableSql): Promise<void>;
}

interface Side {
  readonly table: SideTable;
  readonly work: TableWork;
}

/** replace and snapshot: rows wait in a side table per epoch and become visible together when it completes. */
export class SideWork implements TableWork {
  readonly #context: SessionContext;
  readonly #reveal: Reveal;
  readonly #pendingCreate: () => boolean;
  readonly #stored: ReadonlyMap<string, EpochRecord>;
  readonly #sides = new Map<string, Side>();
  #table: PlacedTable;
  #tidy = false;

  constructor(
    context: SessionContext,
    table: PlacedTable,
    options: {
      readonly reveal: Reveal;
      /** Epochs that are in the database. */
      readonly stored: ReadonlyMap<string, EpochRecord>;
      /** The table itself does not exist yet. */
      readonly pendingCreate: () => boolean;
    },
  ) {
    this.#context = context;
    this.#table = table;
    this.#reveal = options.reveal;
    this.#stored = options.stored;
    this.#pendingCreate = options.pendingCreate;
  }

  async takesEncoded([epoch]: readonly string[]): Promise<boolean> {
    if (epoch === undefined) return false;
    const { work } = await this.#side(epoch);
    return (await work.takesEncoded?.([epoch])) === true;
  }

  async write(batch: EncodableBatch): Promise<void> {
    if (batch.rows.length === 0 && batch.encoded === undefined) return;
    const [epoch] = batch.epochs;
    if (epoch === undefined) {
      throw new MillraceError(
        "MLR_SOURCE_PROTOCOL",
        `rows for table "${this.#table.name}" (mode ${this.#table.mode}) came outside of any epoch`,
        {
          hint: 'The source has to send { type: "begin" } before the rows and { type: "complete" } after them.',
        },
      );
    }
    const side = await this.#side(epoch);
    await side.work.write(batch);
  }

  async settle(): Promise<void> {
    for (const { work } of this.#sides.values()) await work.settle();
  }

  async redefine(table: PlacedTable): Promise<void> {
    this.#table = table;
    for (const { table: side, work } of this.#sides.values()) {
      side.follow(table);
      // Nobody else reads it, so that it can be changed while rows are on their way.
      const mayGoOn = this.#context.transaction.open;
      if (mayGoOn && side.exists) await side.execute();
      await work.redefine(side.sql.table, mayGoOn);
    }
  }

  async flush(): Promise<void> {
    for (const { work } of this.#sides.values()) await work.flush();
  }

  async apply(commit: TableCommit): Promise<void> {
    for (const { table, work } of this.#sides.values()) {
      await table.execute();
      await work.apply(commit);
    }
    for (const id of commit.discardedIds) await this.#giveUp(id, commit);
    for (const completed of commit.completed) await this.#complete(completed, commit);
    for (const [id, { table }] of this.#sides) {
      const record = commit.epochs.get(id);
      if (record !== undefined && table.exists) record.sideTable = table.name;
    }
  }

  async plan(commit: TableCommit, sample: FieldDifference[]): Promise<void> {
    for (const { work } of this.#sides.values()) await work.plan(commit, sample);
    for (const epoch of commit.completed) {
      const { taints } = epoch.record;
      if (taints.size > 0) commit.withhold([...taints]);
      else await this.#reveal.plan(new TableSql(this.#table), epoch, commit, !this.#pendingCreate());
    }
    for (const difference of sample) renameTable(difference, this.#table.name);
  }

  get upcoming(): string | undefined {
    const { pending } = this.#reveal;
    if (pending === undefined) return undefined;
    const sql = new TableSql(this.#table);
    const rows = (target: string): string => `SELECT ${sql.allColumns()} FROM ${target}`;
    return `(${rows(sql.target)} UNION ALL ${rows(pending.sql.target)})`;
  }

  async finish(): Promise<void> {
    if (!this.#tidy) return;
    await this.#reveal.finish();
    await this.#context.step("swapped");
  }

  cleanup(): string[] {
    return [...this.#sides.values()].flatMap(({ work }) => work.cleanup());
  }

  async committed(): Promise<void> {
    for (const { work } of this.#sides.values()) await work.committed();
    if (this.#tidy) await this.#reveal.tidy(new TableSql(this.#table));
    this.#tidy = false;
  }

  async #complete(epoch: CompletedEpoch, commit: TableCommit): Promise<void> {
    const { record } = epoch;
    const side = this.#sides.get(record.id)?.table ?? (await this.#storedSide(record));
    this.#sides.delete(record.id);
    if (record.taints.size > 0) {
      commit.withhold([...record.taints]);
      if (side !== undefined) await this.#drop(side, commit);
    } else {
      await this.#reveal.swap(new TableSql(this.#table), side, epoch, commit);
      this.#tidy = true;
    }
    record.sideTable = undefined;
  }

  async #giveUp(id: string, commit: TableCommit): Promise<void> {
    const record = this.#stored.get(id);
    const side =
      this.#sides.get(id)?.table ?? (record === undefined ? undefined : await this.#storedSide(record));
    this.#sides.delete(id);
    if (side !== undefined) await this.#drop(side, commit);
  }

  /** Rows that come to nothing count as inserted and removed again, so that the sums stay right. */
  async #drop(side: SideTable, commit: TableCommit): Promise<void> {
    if (!side.exists) return;
    commit.counts.removed += await side.countRows();
    await side.drop();
  }

  async #side(epoch: string): Promise<Side> {
    const known = this.#sides.get(epoch);
    if (known !== undefined) return known;
    const existing = this.#stored.get(epoch)?.sideTable;
    const table = new SideTable(this.#context, this.#table, { epoch, existing });
    if (existing !== undefined) await table.look();
    const work =
      this.#table.key.length === 0
        ? new AppendWork(this.#context, table)
        : new SideRows(this.#context, table);
    const side = { table, work };
    this.#sides.set(epoch, side);
    return side;
  }

  async #storedSide(record: EpochRecord): Promise<SideTable | undefined> {
    if (record.sideTable === undefined) return undefined;
    const side = new SideTable(this.#context, this.#table, { epoch: record.id, existing: record.sideTable });
    await side.look();
    if (!side.exists) return undefined;
    await side.execute();
    return side;
  }
}

/** To people the rows are those of the table, wherever they wait. */
function renameTable(difference: FieldDifference, name: string): void {
  (difference as { table: string }).table = name;
}
