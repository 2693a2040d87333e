import {
  MillraceError,
  planSnapshot,
  snapshotColumnType,
  type SnapshotDefinition,
  type SnapshotPlan,
} from "@millrace/core";
import { metadataColumns } from "../ddl/metadata-columns.ts";
import { quoteLiteral } from "../quote.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";
import type { CompletedEpoch, TableCommit } from "../session/table-work.ts";
import { dotted, type TableSql } from "../sql/table-sql.ts";
import type { SideTable } from "./side-table.ts";
import type { Reveal } from "./side-work.ts";

/** snapshot: the rows take the place of those of the same scope, if there are any; scopes that have expired go. */
export class SnapshotReveal implements Reveal {
  readonly #context: SessionContext;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  async swap(
    sql: TableSql,
    side: SideTable | undefined,
    { snapshot, where }: CompletedEpoch,
    commit: TableCommit,
  ): Promise<void> {
    const what = `writing the snapshot to table "${sql.table.name}"`;
    const { scope, plan } = await this.#plan(sql, snapshot, true);
    const conditions = [`t._snapshot = ${this.#literal(sql, scope)} AND ${sql.within("t", where)}`];
    const expired = this.#expired(sql, plan);
    if (expired !== undefined) conditions.push(expired);
    for (const condition of conditions) {
      const removed = await runSql(this.#context, what, `DELETE FROM ${sql.target} AS t WHERE ${condition}`);
      commit.counts.removed += removed.rowCount;
    }
    if (side?.exists === true) {
      const values = metadataColumns(sql.table).map(({ name }) =>
        name === "_snapshot" ? this.#literal(sql, scope) : dotted("s", name),
      );
      await runSql(
        this.#context,
        what,
        `INSERT INTO ${sql.target} (${sql.allColumns()}) SELECT ${[sql.columns("s"), ...values].join(", ")} FROM ${side.sql.target} AS s`,
      );
      await side.drop();
    }
    await this.#record(sql, scope);
    commit.took({ scope, ...plan });
  }

  async plan(
    sql: TableSql,
    { snapshot, where }: CompletedEpoch,
    commit: TableCommit,
    exists: boolean,
  ): Promise<void> {
    const { scope, plan } = await this.#plan(sql, snapshot, exists);
    commit.took({ scope, ...plan });
    if (!exists) return;
    const replaced = `t._snapshot = ${this.#literal(sql, scope)} AND ${sql.within("t", where)}`;
    const { rows } = await runSql<{ n: string }>(
      this.#context,
      `counting the rows of table "${sql.table.name}"`,
      `SELECT count(*) AS n FROM ${sql.target} AS t WHERE ${replaced} OR ${this.#expired(sql, plan) ?? "false"}`,
    );
    commit.counts.removed += Number(rows[0]?.n ?? 0);
  }

  async finish(): Promise<void> {}

  async tidy(): Promise<void> {}

  async #plan(
    sql: TableSql,
    scope: string | undefined,
    exists: boolean,
  ): Promise<{ readonly scope: string; readonly plan: SnapshotPlan }> {
    const { name, snapshot } = sql.table;
    if (scope === undefined || snapshot === undefined)
      throw new MillraceError("MLR_INTERNAL", `a reading of table "${name}" does not tell its snapshot`);
    return { scope, plan: planSnapshot(snapshot, scope, exists ? await this.#existing(sql, snapshot) : []) };
  }

  /** The pipeline's own scopes, one look into the index for each; also that of a last reading without rows. */
  async #existing(sql: TableSql, snapshot: SnapshotDefinition): Promise<string[]> {
    const what = `looking for the snapshots in table "${sql.table.name}"`;
    const text =
      snapshotColumnType(snapshot) === "date"
        ? "to_char(_snapshot, 'YYYY-MM-DD')"
        : `to_char(_snapshot AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;
    const next = (after: string): string =>
      `SELECT t._snapshot FROM ${sql.target} AS t WHERE ${sql.own("t")}${after} ORDER BY t._snapshot LIMIT 1`;
    const { rows } = await runSql<{ scope: string }>(
      this.#context,
      what,
      `WITH RECURSIVE scopes AS (
         (${next("")})
         UNION ALL
         SELECT (${next(" AND t._snapshot > scopes._snapshot")}) FROM scopes WHERE scopes._snapshot IS NOT NULL
       ) SELECT ${text} AS scope FROM scopes WHERE _snapshot IS NOT NULL`,
    );
    const last = await this.#last(sql, what);
    return [...rows.map(({ scope }) => scope), ...(last === undefined ? [] : [last])];
  }

  async #last({ table }: TableSql, what: string): Promise<string | undefined> {
    // A dry run may look at a database that has never been written to, or was by an older version.
    const state = await runSql<{ there: boolean }>(
      this.#context,
      what,
      "SELECT to_regclass('millrace.tables') IS NOT NULL AS there",
    );
    if (state.rows[0]?.there !== true) return undefined;
    const { rows } = await runSql<{ last: string | null }>(
      this.#context,
      what,
      "SELECT to_jsonb(o)->>'last_snapshot' AS last FROM millrace.tables AS o WHERE table_schema = $1 AND table_name = $2 AND pipeline = $3",
      [table.namespace, table.name, this.#context.tablesOf],
    );
    return rows[0]?.last ?? undefined;
  }

  async #record({ table }: TableSql, scope: string): Promise<void> {
    await runSql(
      this.#context,
      `recording the snapshot of table "${table.name}"`,
      `UPDATE millrace.tables SET last_snapshot = $4
       WHERE table_schema = $1 AND table_name = $2 AND pipeline = $3 AND last_snapshot IS DISTINCT FROM $4`,
      [table.namespace, table.name, this.#context.tablesOf, scope],
    );
  }

  /** The condition that holds for the rows of scopes that are not kept; undefined where all are. */
  #expired(sql: TableSql, { expired }: SnapshotPlan): string | undefined {
    if (expired.length === 0) return undefined;
    const scopes = expired.map((scope) => this.#literal(sql, scope)).join(", ");
    return `(t._snapshot IN (${scopes}) AND ${sql.own("t")})`;
  }

  /** A scope as SQL. */
  #literal({ table }: TableSql, scope: string): string {
    const type = table.snapshot === undefined ? "date" : snapshotColumnType(table.snapshot);
    return `${quoteLiteral(scope)}::${type}`;
  }
}
