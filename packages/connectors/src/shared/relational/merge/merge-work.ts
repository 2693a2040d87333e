import { MillraceError, type EncodableBatch } from "@millrace/core";
import type { ManagedTable } from "../define/managed-table.ts";
import type { TableLayout } from "../define/table-layout.ts";
import { requireCount } from "../modes/require-count.ts";
import type { SessionContext } from "../session/session-context.ts";
import type { TableCommit, TableWork } from "../session/table-work.ts";
import { listDifferences } from "../sql/list-differences.ts";
import { TableSql } from "../sql/table-sql.ts";
import { DifferenceTable, INSERT, UPDATE } from "../stage/difference-table.ts";
import { ROW } from "../stage/staging-table.ts";
import { Stage } from "../stage/stage.ts";
import { archive, lastRemoved } from "./history-sql.ts";
import { Removals } from "./removals.ts";
import { SeenTable } from "./seen-table.ts";

/** merge: rows are compared by hash, old versions archived, and what complete epochs did not see is removed. */
export class MergeWork implements TableWork {
  readonly #context: SessionContext;
  readonly #managed: ManagedTable;
  readonly #stage: Stage;
  readonly #differences: DifferenceTable;
  readonly #seen: SeenTable;

  constructor(context: SessionContext, managed: ManagedTable) {
    this.#context = context;
    this.#managed = managed;
    this.#stage = new Stage(context, managed.layout, true);
    this.#differences = new DifferenceTable(context);
    this.#seen = new SeenTable(context, managed.layout);
  }

  async write(batch: EncodableBatch): Promise<void> {
    if (batch.hashes?.length !== batch.rows.length) {
      const { name } = this.#managed.table;
      throw new MillraceError("MLR_INTERNAL", `a batch for table "${name}" has not one hash per row`);
    }
    await this.#stage.write(batch);
  }

  redefine(layout: TableLayout): Promise<void> {
    return this.#stage.redefine(layout);
  }

  async flush(): Promise<void> {
    await this.#stage.flush();
    await this.#differences.create();
    if (this.#context.dryRun) await this.#seen.look();
    await this.#context.step("staged");
  }

  async prepare(commit: TableCommit): Promise<void> {
    await this.#seen.prepare(this.#managed.layout, commit);
  }

  async apply(commit: TableCommit): Promise<void> {
    const { dialect, dryRun } = this.#context;
    const sql = new TableSql(dialect, this.#managed.layout, this.#managed.storedColumns);
    commit.counts.duplicates += this.#stage.duplicates;
    const creates = dryRun && this.#managed.pending === "create";
    if (!dryRun) await this.#seen.tidy(commit);
    const found = await this.#compare(sql, commit, creates);
    if (dryRun) await this.#list(sql, commit, creates);
    else await this.#write(sql, commit, found);
    await this.#context.step("applied");
    if (creates) return this.#withhold(commit);
    const parts = { stage: this.#stage, differences: this.#differences, seen: this.#seen };
    const removals = new Removals({ context: this.#context, managed: this.#managed, sql, ...parts });
    await removals.removeOrphans(commit);
    for (const completed of commit.completed) await removals.removeUnseen(completed, commit);
    if (dryRun) return;
    for (const epoch of commit.open) await this.#seen.store(epoch, sql, parts);
    for (const { record } of commit.completed) if (record.stored) await this.#seen.forget(record);
  }

  async committed(): Promise<void> {
    await this.#stage.clear();
    await this.#differences.clear();
  }

  /** Finds out which staged rows are new and which differ, and counts. */
  async #compare(
    sql: TableSql,
    { counts }: TableCommit,
    creates: boolean,
  ): Promise<{ inserts: number; updates: number }> {
    const stage = this.#stage;
    if (stage.rows === 0) return { inserts: 0, updates: 0 };
    const { dialect, link } = this.#context;
    const what = `comparing rows with table "${sql.name}"`;
    const first = sql.dotted("t", sql.key[0]?.name ?? "");
    const number = stage.number("s");
    const differs = dialect.differs(sql.dotted("t", "_row_hash"), sql.dotted("s", "_row_hash"));
    const select = creates
      ? `SELECT ${number}, ${INSERT} FROM ${stage.name} s WHERE ${stage.kind("s", ROW)}`
      : `SELECT ${number}, CASE WHEN ${first} IS NULL THEN ${INSERT} ELSE ${UPDATE} END
         FROM ${stage.name} s LEFT JOIN ${sql.target} t ON ${sql.equal("t", "s")}
         WHERE ${stage.kind("s", ROW)} AND (${first} IS NULL OR ${differs})`;
    const found = await this.#differences.fill(what, select);
    counts.inserted += found.inserts;
    counts.updated += found.updates;
    counts.unchanged += stage.rows - found.inserts - found.updates;
    if (found.inserts > 0 && this.#managed.hasRemovals) {
      const inserted = this.#differences.join(stage.name, INSERT);
      counts.restored += await link.count(
        what,
        `SELECT COUNT(*) AS n FROM ${inserted} WHERE ${lastRemoved(sql, "s")}`,
      );
    }
    return found;
  }

  async #write(
    sql: TableSql,
    { at }: TableCommit,
    found: { readonly inserts: number; readonly updates: number },
  ): Promise<void> {
    const { dialect, link, run } = this.#context;
    const what = `writing to table "${sql.name}"`;
    const stamp = { run, at };
    if (found.updates > 0) {
      const from = this.#differences.join(this.#stage.name, UPDATE);
      const where = sql.equal("t", "s");
      const joined = `${from} JOIN ${sql.target} t ON ${where}`;
      const changed = sql.changed("t", "s");
      const archived = await link.execute(
        what,
        archive(sql, stamp, { operation: "update", changed, from: joined }),
      );
      requireCount(sql.name, archived, found.updates);
      const set = sql.assignments("s", stamp);
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

  /** Nothing is there to be removed; taints are told all the same. */
  #withhold(commit: TableCommit): void {
    for (const { record } of commit.completed)
      if (record.taints.size > 0 && this.#managed.table.removals !== "keep")
        commit.withhold([...record.taints]);
  }

  async #list(sql: TableSql, { sample }: TableCommit, creates: boolean): Promise<void> {
    if (this.#stage.rows === 0) return;
    const options = { link: this.#context.link, sql, stored: this.#managed.storedColumns };
    const order = this.#stage.number("s");
    const updates = this.#differences.join(this.#stage.name, UPDATE);
    const inserts = this.#differences.join(this.#stage.name, INSERT);
    if (!creates) {
      const from = `FROM ${updates} JOIN ${sql.target} t ON ${sql.equal("t", "s")}`;
      await listDifferences(options, sample, { operation: "update", from, order });
    }
    const removed = this.#managed.hasRemovals && !creates ? lastRemoved(sql, "s") : "1 = 0";
    const restored = `FROM ${inserts} WHERE ${removed}`;
    await listDifferences(options, sample, { operation: "restore", from: restored, order });
    const from = `FROM ${inserts} WHERE NOT (${removed})`;
    await listDifferences(options, sample, { operation: "insert", from, order });
  }
}
