import type { EncodableBatch } from "@millrace/core";
import type { ManagedTable } from "../define/managed-table.ts";
import type { TableLayout } from "../define/table-layout.ts";
import type { SessionContext } from "../session/session-context.ts";
import type { TableCommit, TableWork } from "../session/table-work.ts";
import { listDifferences } from "../sql/list-differences.ts";
import { TableSql } from "../sql/table-sql.ts";
import { ROW } from "../stage/staging-table.ts";
import { Stage } from "../stage/stage.ts";

/** append: every row is inserted, in the order that they came. */
export class AppendWork implements TableWork {
  readonly #context: SessionContext;
  readonly #managed: ManagedTable;
  readonly #stage: Stage;

  constructor(context: SessionContext, managed: ManagedTable) {
    this.#context = context;
    this.#managed = managed;
    this.#stage = new Stage(context, managed.layout);
  }

  write(batch: EncodableBatch): Promise<void> {
    // What else a batch may bring means nothing here.
    const { slice, sequence, rows } = batch;
    return this.#stage.write({ slice, sequence, rows, epochs: [] });
  }

  redefine(layout: TableLayout): Promise<void> {
    return this.#stage.redefine(layout);
  }

  async flush(): Promise<void> {
    if (this.#stage.used) await this.#stage.flush();
  }

  async apply({ at, counts, sample }: TableCommit): Promise<void> {
    const stage = this.#stage;
    if (stage.rows === 0) return;
    const { dialect, link, run, dryRun } = this.#context;
    const sql = new TableSql(dialect, this.#managed.layout);
    counts.inserted += stage.rows;
    const rows = `FROM ${stage.name} s WHERE ${stage.kind("s", ROW)}`;
    if (dryRun) {
      const order = stage.number("s");
      return listDifferences({ link, sql, stored: [] }, sample, { operation: "insert", from: rows, order });
    }
    await link.execute(
      `writing to table "${sql.name}"`,
      `INSERT INTO ${sql.target} (${sql.allColumns()}) SELECT ${sql.stagedValues("s", { run, at })} ${rows} ORDER BY ${stage.number("s")}`,
    );
    await this.#context.step("applied");
  }

  committed(): Promise<void> {
    return this.#stage.clear();
  }
}
