import type { Row, SnapshotPeriod } from "@millrace/core";
import { metadataColumns } from "../ddl/metadata-columns.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";
import { dotted, type TableSql } from "../sql/table-sql.ts";
import type { SideTable } from "./side-table.ts";
import type { Reveal } from "./side-work.ts";

/** snapshot: the rows take the place of those of the same period, if there are any. */
export class SnapshotReveal implements Reveal {
  readonly #context: SessionContext;
  readonly #now: (() => number) | undefined;

  /** @param now ms since 1970; default: the database's clock. */
  constructor(context: SessionContext, now: (() => number) | undefined) {
    this.#context = context;
    this.#now = now;
  }

  async swap(sql: TableSql, side: SideTable | undefined, where: Row | undefined): Promise<number> {
    const what = `writing the snapshot to table "${sql.table.name}"`;
    const period = this.#period(sql);
    const removed = await runSql(
      this.#context,
      what,
      `DELETE FROM ${sql.target} AS t WHERE t._snapshot = ${period} AND ${sql.within("t", where)}`,
    );
    if (side?.exists === true) {
      const values = metadataColumns(sql.table).map(({ name }) =>
        name === "_snapshot" ? period : dotted("s", name),
      );
      await runSql(
        this.#context,
        what,
        `INSERT INTO ${sql.target} (${sql.allColumns()}) SELECT ${[sql.columns("s"), ...values].join(", ")} FROM ${side.sql.target} AS s`,
      );
      await side.drop();
    }
    return removed.rowCount;
  }

  async count(sql: TableSql, where: Row | undefined): Promise<number> {
    const { rows } = await runSql<{ n: string }>(
      this.#context,
      `counting the rows of table "${sql.table.name}"`,
      `SELECT count(*) AS n FROM ${sql.target} AS t WHERE t._snapshot = ${this.#period(sql)} AND ${sql.within("t", where)}`,
    );
    return Number(rows[0]?.n ?? 0);
  }

  async finish(): Promise<void> {}

  async tidy(): Promise<void> {}

  /** Where the current period begins, as SQL. */
  #period({ table }: TableSql): string {
    const unit: SnapshotPeriod = table.snapshot ?? "day";
    const now = this.#now === undefined ? "now()" : `to_timestamp(${this.#now()} / 1000.0)`;
    const start = `date_trunc('${unit}', ${now} AT TIME ZONE 'UTC')`;
    return unit === "hour" ? `(${start} AT TIME ZONE 'UTC')` : `${start}::date`;
  }
}
