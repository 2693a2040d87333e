import { MillraceError } from "@millrace/core";
import { keyColumns } from "../define/table-layout.ts";
import type { ManagedTable } from "../define/managed-table.ts";
import { requireCount } from "../modes/require-count.ts";
import type { CompletedEpoch } from "../session/epoch-book.ts";
import type { SessionContext } from "../session/session-context.ts";
import type { TableCommit } from "../session/table-work.ts";
import { listDifferences } from "../sql/list-differences.ts";
import type { TableSql } from "../sql/table-sql.ts";
import { INSERT, type DifferenceTable } from "../stage/difference-table.ts";
import type { Stage } from "../stage/stage.ts";
import { KEPT_KEY, PARENT, ROW } from "../stage/staging-table.ts";
import { archive } from "./history-sql.ts";
import type { SeenTable } from "./seen-table.ts";

/** Live rows from which on the share of removals is looked at. */
const SHARE_FROM_ROWS = 100;
const DEFAULT_SHARE = 0.5;

export interface RemovalParts {
  readonly context: SessionContext;
  readonly managed: ManagedTable;
  readonly sql: TableSql;
  readonly stage: Stage;
  readonly differences: DifferenceTable;
  readonly seen: SeenTable;
}

/** Removes live rows after all rows of the commit are written; in a dry run it only counts and lists. */
export class Removals {
  readonly #parts: RemovalParts;

  constructor(parts: RemovalParts) {
    this.#parts = parts;
  }

  /** Children of the parents that came, but did not come themselves, not even to be rejected. */
  async removeOrphans(commit: TableCommit): Promise<void> {
    const { sql, stage, managed } = this.#parts;
    const { removals, parentKey = [] } = managed.table;
    if (!stage.hasParents || removals === "keep") return;
    const parents = sql.equal("p", "t", keyColumns(sql.layout, parentKey));
    const conditions = [
      sql.own("t"),
      `EXISTS (SELECT 1 FROM ${stage.name} p WHERE ${stage.kind("p", PARENT)} AND ${parents})`,
      `NOT EXISTS (SELECT 1 FROM ${stage.name} s WHERE ${stage.kind("s", ROW, KEPT_KEY)} AND ${sql.equal("s", "t")})`,
    ];
    const where = conditions.join(" AND ");
    const rows = await this.#count(where);
    await this.#remove(where, rows, commit);
  }

  /**
   * Rows of a completed epoch's scope that did not come in it. Fails with MLR_REMOVAL_SHARE where these are more than
   * allowed: then the whole commit has to be rolled back.
   */
  async removeUnseen(completed: CompletedEpoch, commit: TableCommit): Promise<void> {
    const { record } = completed;
    if (this.#parts.managed.table.removals === "keep") return;
    if (record.taints.size > 0) return commit.withhold([...record.taints]);
    const where = this.#unseen(completed);
    const rows = await this.#count(where);
    if (rows === 0) return;
    if (!(await this.#isDeclaredEmpty(completed))) await this.#checkShare(completed, rows);
    await this.#remove(where, rows, commit);
  }

  #unseen(completed: CompletedEpoch): string {
    const { context, sql, stage, seen } = this.#parts;
    const { record, where, through } = completed;
    const came = [
      stage.seenIn("s", record.id),
      through === undefined ? undefined : stage.laterThan("s", through),
      // In a dry run the rows that came are not in the table yet, and may lie in another scope there.
      context.dryRun ? stage.kind("s", ROW) : undefined,
    ].filter((each) => each !== undefined);
    const stored = seen.select(record);
    const conditions = [
      sql.within("t", where),
      ...(came.length === 0
        ? []
        : [
            `NOT EXISTS (SELECT 1 FROM ${stage.name} s WHERE (${came.map((each) => `(${each})`).join(" OR ")}) AND ${sql.equal("s", "t")})`,
          ]),
      ...(stored === undefined ? [] : [`NOT EXISTS (${stored} AND ${sql.equal("n", "t")})`]),
    ];
    return conditions.join(" AND ");
  }

  /** A scope of which nothing came at all was declared empty on purpose. */
  async #isDeclaredEmpty({ record, where }: CompletedEpoch): Promise<boolean> {
    if (where === undefined) return false;
    const { context, stage, seen } = this.#parts;
    const recent = stage.seenIn("s", record.id);
    const what = "counting what an epoch has seen";
    const came =
      recent === undefined
        ? 0
        : await context.link.count(what, `SELECT COUNT(*) AS n FROM ${stage.name} s WHERE ${recent}`);
    return came + (await seen.count(record)) === 0;
  }

  async #checkShare({ record, where, through }: CompletedEpoch, removed: number): Promise<void> {
    const { context, managed, sql, stage, differences, seen } = this.#parts;
    // What the epoch itself brought was not live before: exchanging every key is removing everything.
    const recent = context.dryRun ? undefined : stage.seenIn("s", record.id);
    const brought =
      recent === undefined
        ? []
        : [
            `SELECT 1 FROM ${differences.join(stage.name, INSERT)} WHERE ${stage.kind("s", ROW)} AND ${recent} AND ${sql.equal("s", "t")}`,
          ];
    const stored = seen.select(record, true);
    const before = stored === undefined ? [] : [`${stored} AND ${sql.equal("n", "t")}`];
    const later =
      through === undefined
        ? []
        : [`SELECT 1 FROM ${stage.name} s WHERE ${stage.laterThan("s", through)} AND ${sql.equal("s", "t")}`];
    const conditions = [...brought, ...before, ...later].map((each) => `NOT EXISTS (${each})`);
    const live = await this.#count([sql.within("t", where), ...conditions].join(" AND "));
    const { name, maxRemovedShare: limit = DEFAULT_SHARE } = managed.table;
    if (live < SHARE_FROM_ROWS || removed <= live * limit) return;
    const scope = record.scope === undefined ? "" : ` in scope ${JSON.stringify(record.scope)}`;
    throw new MillraceError(
      "MLR_REMOVAL_SHARE",
      `the reading would remove ${removed} of ${live} live rows of table "${name}"${scope}, more than the share of ${limit} that is allowed`,
      {
        hint: "Nothing of this commit was kept; earlier commits stand. If the source really holds no more, raise maxRemovedShare for this run.",
        details: { table: name, live, removed, maxRemovedShare: limit },
      },
    );
  }

  #count(where: string): Promise<number> {
    const { context, sql } = this.#parts;
    return context.link.count(
      `looking for rows to remove from table "${sql.name}"`,
      `SELECT COUNT(*) AS n FROM ${sql.target} t WHERE ${where}`,
    );
  }

  async #remove(where: string, rows: number, commit: TableCommit): Promise<void> {
    if (rows === 0) return;
    const { context, managed, sql } = this.#parts;
    commit.counts.removed += rows;
    if (context.dryRun) return this.#list(where, commit);
    const { link, dialect, run } = context;
    const what = `removing rows from table "${sql.name}"`;
    if (managed.table.removals !== "delete") {
      const archiving = {
        operation: "remove" as const,
        changed: dialect.literal("[]"),
        from: `${sql.target} t WHERE ${where}`,
      };
      const archived = await link.execute(what, archive(sql, { run, at: commit.at }, archiving));
      requireCount(sql.name, archived, rows);
      managed.markRemovals();
    }
    const removed = await link.execute(what, dialect.deleteFrom(sql.target, "t", where));
    requireCount(sql.name, removed, rows);
  }

  async #list(where: string, { sample }: TableCommit): Promise<void> {
    const { context, managed, sql } = this.#parts;
    const stored = managed.storedColumns;
    await listDifferences({ link: context.link, sql, stored }, sample, {
      operation: "remove",
      from: `FROM ${sql.target} t WHERE ${where}`,
      order: sql.list(sql.key, "t"),
    });
  }
}
