import type { EncodableBatch, FieldDifference, Row } from "@millrace/core";
import type { PlacedTable } from "../ddl/create-table.ts";
import { metadataColumns } from "../ddl/metadata-columns.ts";
import { quoteIdentifier } from "../quote.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";
import type { TableCommit, TableWork } from "../session/table-work.ts";
import { ownDiscriminator } from "../sql/own-discriminator.ts";
import { listDifferences } from "../sql/sample.ts";
import type { LoadTarget } from "../stage/load-target.ts";
import { RowLoader } from "../stage/row-loader.ts";

/** Rows after which the socket gets a chance. */
const DRAIN_ROWS = 4_096;

/** upsert: by key, insert or overwrite; nothing is compared, kept or removed. */
export class UpsertWork implements TableWork {
  readonly #context: SessionContext;
  readonly #target: LoadTarget & { readonly presentColumns: ReadonlySet<string> };
  readonly #loader: RowLoader;
  #checkOwn: ((row: Row) => void) | undefined;

  constructor(
    context: SessionContext,
    target: LoadTarget & { readonly presentColumns: ReadonlySet<string> },
  ) {
    this.#context = context;
    this.#target = target;
    this.#loader = new RowLoader({ context, target, hashed: false, isEmpty: () => this.#isEmpty() });
    this.#checkOwn = ownDiscriminator(target.sql.table);
  }

  async write({ rows }: EncodableBatch): Promise<void> {
    const loader = this.#loader;
    await loader.start(true);
    for (let from = 0; from < rows.length; from += DRAIN_ROWS) {
      const to = Math.min(rows.length, from + DRAIN_ROWS);
      for (let i = from; i < to; i++) {
        const row = rows[i] as Row;
        this.#checkOwn?.(row);
        loader.place(row, undefined, loader.suspect(row));
      }
      await loader.drain();
    }
  }

  settle(): Promise<void> {
    return this.#loader.settle();
  }

  async redefine(table: PlacedTable, mayGoOn: boolean): Promise<void> {
    this.#checkOwn = ownDiscriminator(table);
    await this.#loader.redefine(mayGoOn);
  }

  flush(): Promise<void> {
    return this.#loader.flush();
  }

  async apply({ counts }: TableCommit): Promise<void> {
    const loader = this.#loader;
    await loader.finishDirect();
    counts.duplicates += await loader.dropSuperseded();
    const replaced = await loader.dropReplaced();
    const { inserted, updated } = await this.#write();
    counts.duplicates += replaced;
    counts.inserted += loader.directRows - replaced + inserted;
    counts.updated += updated;
    await this.#context.step("applied");
  }

  async plan({ counts }: TableCommit, sample: FieldDifference[]): Promise<void> {
    const loader = this.#loader;
    const { sql, pending, presentColumns } = this.#target;
    counts.duplicates += await loader.dropSuperseded();
    const stage = loader.staging;
    if (stage.rows === 0) return;
    const list = { context: this.#context, sql, present: presentColumns };
    if (pending === "create") {
      counts.inserted += stage.rows;
      return listDifferences(list, sample, {
        operation: "insert",
        select: `FROM ${stage.name} AS s ORDER BY s._ordinal`,
      });
    }
    const { rows } = await runSql<{ n: string }>(
      this.#context,
      `planning the upsert into table "${sql.table.name}"`,
      `SELECT count(*) AS n FROM ${stage.name} AS s JOIN ${sql.target} AS t ON ${sql.keysEqual("t", "s")}`,
    );
    const updated = Number(rows[0]?.n ?? 0);
    counts.updated += updated;
    counts.inserted += stage.rows - updated;
    const from = `FROM ${stage.name} AS s LEFT JOIN ${sql.target} AS t ON ${sql.keysEqual("t", "s")}`;
    await listDifferences(list, sample, {
      operation: "update",
      select: `${from} WHERE t.ctid IS NOT NULL ORDER BY s._ordinal`,
    });
    await listDifferences(list, sample, {
      operation: "insert",
      select: `${from} WHERE t.ctid IS NULL ORDER BY s._ordinal`,
    });
  }

  cleanup(): string[] {
    return this.#loader.cleanup();
  }

  async committed(): Promise<void> {
    this.#loader.reset(true);
  }

  /** Inserts the staged rows, or overwrites those that are there. */
  async #write(): Promise<{ inserted: number; updated: number }> {
    const stage = this.#loader.staging;
    if (stage.rows === 0) return { inserted: 0, updated: 0 };
    const { sql } = this.#target;
    const metadata = metadataColumns(sql.table).map(({ name }) => name);
    const others = sql.table.columns.map(({ name }) => name).filter((name) => !sql.table.key.includes(name));
    const names = [...others, ...metadata];
    // A table of key columns alone still has to touch the row, or nothing would tell that it was there.
    const written = names.length === 0 ? sql.table.key.slice(0, 1) : names;
    const { rows } = await runSql<{ fresh: string }>(
      this.#context,
      `writing to table "${sql.table.name}"`,
      `WITH written AS (
         INSERT INTO ${sql.target} AS t (${sql.allColumns()})
         SELECT ${sql.stagedValues("s", "$1")} FROM ${stage.name} AS s
         ON CONFLICT (${sql.keyColumns()}) DO UPDATE SET ${written.map((name) => `${quoteIdentifier(name)} = excluded.${quoteIdentifier(name)}`).join(", ")}
         RETURNING t.xmax = 0 AS fresh
       ) SELECT count(*) FILTER (WHERE fresh) AS fresh FROM written`,
      metadata.includes("_run_id") ? [this.#context.run] : [],
    );
    const inserted = Number(rows[0]?.fresh ?? 0);
    return { inserted, updated: stage.rows - inserted };
  }

  async #isEmpty(): Promise<boolean> {
    const { sql } = this.#target;
    const { rows } = await runSql<{ empty: boolean }>(
      this.#context,
      `looking into table "${sql.table.name}"`,
      `SELECT NOT EXISTS (SELECT FROM ${sql.target} AS t WHERE ${sql.own("t")}) AS empty`,
    );
    return rows[0]?.empty === true;
  }
}
