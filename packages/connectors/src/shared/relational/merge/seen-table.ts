import type { ColumnType } from "@millrace/core";
import { ANYWHERE, type TableColumn } from "../columns/table-column.ts";
import { keyColumns, type TableLayout } from "../define/table-layout.ts";
import type { EpochRecord } from "../session/epoch-book.ts";
import type { SessionContext } from "../session/session-context.ts";
import type { TableCommit } from "../session/table-work.ts";
import { CompanionTable, EPOCH } from "../stage/companion-table.ts";
import { INSERT, type DifferenceTable } from "../stage/difference-table.ts";
import type { Stage } from "../stage/stage.ts";
import { ROW } from "../stage/staging-table.ts";
import type { TableSql } from "../sql/table-sql.ts";

const SMALL: ColumnType = { kind: "smallint" };
/** 1 where the epoch brought the row itself. */
const INSERTED: TableColumn = {
  name: "_millrace_inserted",
  type: SMALL,
  form: "native",
  place: ANYWHERE,
  required: true,
};

/** The keys that open epochs of a merge table have seen in earlier commits. */
export class SeenTable {
  readonly #context: SessionContext;
  readonly #table: CompanionTable;

  constructor(context: SessionContext, layout: TableLayout) {
    this.#context = context;
    this.#table = new CompanionTable(context, "seen", layout);
  }

  /** Makes it ready where the commit needs it. */
  async prepare(layout: TableLayout, { open, completed }: TableCommit): Promise<void> {
    const needed = open.length > 0 || completed.some(({ record }) => record.stored);
    if (needed) await this.#table.ensure([...keyColumns(layout), INSERTED], layout.table.key);
    else await this.#table.look();
  }

  /** Deletes what nobody will ask for any more. */
  async tidy(commit: TableCommit): Promise<void> {
    await this.#table.tidy([...commit.epochs.values(), ...commit.discarded]);
    for (const epoch of commit.discarded) await this.#table.forget(epoch);
  }

  /** In a dry run: finds out whether there is any. */
  look(): Promise<void> {
    return this.#table.look();
  }

  /** Keeps what an epoch that stays open has seen since the last commit. */
  async store(
    epoch: EpochRecord,
    sql: TableSql,
    of: { stage: Stage; differences: DifferenceTable },
  ): Promise<void> {
    const { stage, differences } = of;
    const seen = stage.seenIn("s", epoch.id);
    if (seen === undefined) return;
    const { link, dialect } = this.#context;
    const what = `keeping what an epoch of table "${sql.name}" has seen`;
    const { name } = this.#table;
    const brought = `SELECT 1 FROM ${differences.join(stage.name, INSERT)} WHERE ${stage.kind("s", ROW)} AND ${seen}`;
    await link.execute(
      what,
      dialect.deleteFrom(
        name,
        "n",
        `${this.#table.of("n", epoch)} AND EXISTS (${brought} AND ${sql.equal("s", "n")})`,
      ),
    );
    const fresh = `CASE WHEN ${differences.isInsert(stage.number("s"))} THEN 1 ELSE 0 END`;
    await link.execute(
      what,
      `INSERT INTO ${name} (${dialect.quote(EPOCH.name)}, ${sql.list(sql.key)}, ${dialect.quote(INSERTED.name)})
       SELECT ${epoch.number}, ${sql.list(sql.key, "k")}, MAX(k.fresh) FROM (
         SELECT ${sql.list(sql.key, "s")}, ${fresh} AS fresh FROM ${stage.name} s WHERE ${seen}
       ) k WHERE NOT EXISTS (SELECT 1 FROM ${name} n WHERE ${this.#table.of("n", epoch)} AND ${sql.equal("n", "k")})
       GROUP BY ${sql.groups("k")}`,
    );
  }

  forget(epoch: EpochRecord): Promise<number> {
    return this.#table.forget(epoch);
  }

  /** Keys that an epoch saw in earlier commits. */
  count(epoch: EpochRecord): Promise<number> {
    return epoch.stored ? this.#table.count(epoch) : Promise.resolve(0);
  }

  /** A SELECT of the keys, under alias n, that an epoch saw in earlier commits; undefined where there are none. @param brought only those of rows that it brought itself. */
  select(epoch: EpochRecord, brought = false): string | undefined {
    if (!epoch.stored || !this.#table.exists) return undefined;
    const fresh = brought ? ` AND n.${this.#context.dialect.quote(INSERTED.name)} = 1` : "";
    return `SELECT 1 FROM ${this.#table.name} n WHERE ${this.#table.of("n", epoch)}${fresh}`;
  }
}
