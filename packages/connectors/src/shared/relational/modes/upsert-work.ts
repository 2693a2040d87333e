import type { EncodableBatch } from "@millrace/core";
import type { ManagedTable } from "../define/managed-table.ts";
import type { TableLayout } from "../define/table-layout.ts";
import type { SessionContext } from "../session/session-context.ts";
import type { TableCommit, TableWork } from "../session/table-work.ts";
import { listDifferences } from "../sql/list-differences.ts";
import { TableSql } from "../sql/table-sql.ts";
import { DifferenceTable, INSERT, UPDATE } from "../stage/difference-table.ts";
import { ROW } from "../stage/staging-table.ts";
import { Stage } from "../stage/stage.ts";
import { requireCount } from "./require-count.ts";

/** upsert: by key, insert or overwrite; nothing is compared, kept or removed. */
export class UpsertWork implements TableWork {
  readonly #context: SessionContext;
  readonly #managed: ManagedTable;
  readonly #stage: Stage;
  readonly #differences: DifferenceTable;

  constructor(context: SessionContext, managed: ManagedTable) {
    this.#context = context;
    this.#managed = managed;
    this.#stage = new Stage(context, managed.layout);
    this.#differences = new DifferenceTable(context);
  }

  write(batch: EncodableBatch): Promise<void> {
    const { slice, sequence, rows } = batch;
    return this.#stage.write({ slice, sequence, rows, epochs: [] });
  }

  redefine(layout: TableLayout): Promise<void> {
    return this.#stage.redefine(layout);
  }

  async flush(): Promise<void> {
    if (!this.#stage.used) return;
    await this.#stage.flush();
    await this.#differences.create();
  }

  async apply(commit: TableCommit): Promise<void> {
    const stage = this.#stage;
    if (!stage.used) return;
    const { dialect, dryRun } = this.#context;
    const managed = this.#managed;
    const sql = new TableSql(dialect, managed.layout);
    const { counts } = commit;
    counts.duplicates += stage.duplicates;
    const [first] = sql.key;
    const fresh = `t.${dialect.quote(first?.name ?? "")} IS NULL`;
    const live =
      dryRun && managed.pending === "create"
        ? `SELECT ${stage.number("s")}, ${INSERT} FROM ${stage.name} s`
        : `SELECT ${stage.number("s")}, CASE WHEN ${fresh} THEN ${INSERT} ELSE ${UPDATE} END
           FROM ${stage.name} s LEFT JOIN ${sql.target} t ON ${sql.equal("t", "s")}`;
    const what = `writing to table "${sql.name}"`;
    const found = await this.#differences.fill(what, `${live} WHERE ${stage.kind("s", ROW)}`);
    counts.inserted += found.inserts;
    counts.updated += found.updates;
    if (dryRun) return this.#list(sql, commit);
    await this.#write(sql, commit, found);
    await this.#context.step("applied");
  }

  async committed(): Promise<void> {
    await this.#stage.clear();
    await this.#differences.clear();
  }

  async #write(
    sql: TableSql,
    { at }: TableCommit,
    found: { readonly inserts: number; readonly updates: number },
  ): Promise<void> {
    const { dialect, link, run } = this.#context;
    const what = `writing to table "${sql.name}"`;
    const stamp = { run, at };
    const set = sql.assignments("s", stamp);
    if (found.updates > 0 && set.length > 0) {
      const from = this.#differences.join(this.#stage.name, UPDATE);
      const where = sql.equal("t", "s");
      const updated = await link.execute(
        what,
        dialect.updateFrom({ target: sql.target, alias: "t", set, from, where }),
      );
      requireCount(sql.name, updated, found.updates);
    }
    if (found.inserts === 0) return;
    const inserted = await link.execute(
      what,
      `INSERT INTO ${sql.target} (${sql.allColumns()}) SELECT ${sql.stagedValues("s", stamp)} FROM ${this.#differences.join(this.#stage.name, INSERT)}`,
    );
    requireCount(sql.name, inserted, found.inserts);
  }

  async #list(sql: TableSql, { sample }: TableCommit): Promise<void> {
    const { link } = this.#context;
    const stored = this.#managed.storedColumns;
    const order = this.#stage.number("s");
    const [inserts, updates] = [INSERT, UPDATE].map((each) => this.#differences.join(this.#stage.name, each));
    if (this.#managed.pending !== "create") {
      const from = `FROM ${updates} JOIN ${sql.target} t ON ${sql.equal("t", "s")}`;
      await listDifferences({ link, sql, stored }, sample, { operation: "update", from, order });
    }
    await listDifferences({ link, sql, stored }, sample, {
      operation: "insert",
      from: `FROM ${inserts}`,
      order,
    });
  }
}
