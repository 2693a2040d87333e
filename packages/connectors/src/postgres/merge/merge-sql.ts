import type { TableSql } from "../sql/table-sql.ts";

/** The statements of a merge of staged rows into a table. `$1` is the run's id wherever it is needed. */
export class MergeSql {
  readonly #sql: TableSql;
  readonly #stage: string;
  readonly #diff: string;

  /** @param stage quoted name of the staging table. @param diff quoted name of the diff table. */
  constructor(sql: TableSql, stage: string, diff: string) {
    this.#sql = sql;
    this.#stage = stage;
    this.#diff = diff;
  }

  /** Which staged row differs from which live one: the one join of the two. */
  get differences(): string {
    const { target } = this.#sql;
    return `SELECT s.ctid AS staged, t.ctid AS live, substring(t._row_hash FROM 1 FOR 8) AS before
      FROM ${this.#stage} AS s LEFT JOIN ${target} AS t ON ${this.#sql.keysEqual("t", "s")}
      WHERE t._row_hash IS DISTINCT FROM s._row_hash`;
  }

  /** The same, and the live rows that no staged one has the key of: where the staged rows are all there are. */
  get allDifferences(): string {
    const sql = this.#sql;
    return `SELECT s.ctid AS staged, t.ctid AS live, substring(t._row_hash FROM 1 FOR 8) AS before
      FROM ${this.#stage} AS s FULL JOIN (
        SELECT t.ctid, t._row_hash, ${sql.keyColumns("t")} FROM ${sql.target} AS t WHERE ${sql.own("t")}
      ) AS t ON ${sql.keysEqual("t", "s")}
      WHERE t._row_hash IS DISTINCT FROM s._row_hash`;
  }

  /** Moves the versions that are about to be overwritten to the history. @param diff where the differences are. */
  archive(diff = this.#diff): string {
    const sql = this.#sql;
    return `INSERT INTO ${sql.history} (${sql.allColumns()}, _operation, _changed, _archived_at, _archived_run)
      SELECT ${sql.allColumns("t")}, 'update', ${sql.changed("t", "s")}, now(), $1::uuid
      FROM ${diff} AS d JOIN ${sql.target} AS t ON t.ctid = d.live JOIN ${this.#stage} AS s ON s.ctid = d.staged`;
  }

  update(diff = this.#diff): string {
    const sql = this.#sql;
    return `UPDATE ${sql.target} AS t SET ${sql.assignments("s", "$1")}
      FROM ${diff} AS d JOIN ${this.#stage} AS s ON s.ctid = d.staged WHERE t.ctid = d.live`;
  }

  insert(diff = this.#diff): string {
    const sql = this.#sql;
    return `INSERT INTO ${sql.target} (${sql.allColumns()}) SELECT ${sql.stagedValues("s", "$1")}
      FROM ${diff} AS d JOIN ${this.#stage} AS s ON s.ctid = d.staged WHERE d.live IS NULL`;
  }

  /** The new rows of the staged ones, where most of them are: without a list of differences. */
  insertNew(): string {
    const sql = this.#sql;
    return `INSERT INTO ${sql.target} (${sql.allColumns()}) SELECT ${sql.stagedValues("s", "$1")}
      FROM ${this.#stage} AS s WHERE NOT EXISTS (SELECT FROM ${sql.target} AS t WHERE ${sql.keysEqual("t", "s")})`;
  }

  /** All staged rows are new. */
  insertAll(): string {
    const sql = this.#sql;
    return `INSERT INTO ${sql.target} (${sql.allColumns()}) SELECT ${sql.stagedValues("s", "$1")} FROM ${this.#stage} AS s`;
  }

  /** How many of the new rows had been removed before. */
  restored(diff = this.#diff): string {
    return `SELECT count(*) AS n FROM ${diff} AS d JOIN ${this.#stage} AS s ON s.ctid = d.staged
      WHERE d.live IS NULL AND ${this.lastRemoved("s")}`;
  }

  /** The latest version of a row in the history is a removal. */
  lastRemoved(alias: string): string {
    const sql = this.#sql;
    return `EXISTS (SELECT FROM ${sql.history} AS h WHERE ${sql.keysEqual("h", alias)} AND h._operation = 'remove'
      AND NOT EXISTS (SELECT FROM ${sql.history} AS l WHERE ${sql.keysEqual("l", "h")} AND l._version > h._version))`;
  }

  /** All of it in one statement, for few rows. @param restorable whether the history holds removals. */
  atOnce(restorable: boolean): string {
    return `WITH d AS MATERIALIZED (${this.differences}),
      archived AS (${this.archive("d")} RETURNING 1),
      updated AS (${this.update("d")} RETURNING 1),
      inserted AS (${this.insert("d")} RETURNING 1)
      SELECT (SELECT count(live) FROM d) AS changed, (SELECT count(*) FROM d WHERE live IS NULL) AS fresh,
        (SELECT count(*) FROM archived) AS archived, (SELECT count(*) FROM updated) AS updated,
        (SELECT count(*) FROM inserted) AS inserted, ${restorable ? `(${this.restored("d")})` : "0"} AS restored,
        (SELECT string_agg(before, ''::bytea) FROM d WHERE live IS NOT NULL) AS before`;
  }

  /**
   * Removes live rows, keeping their last version where `keep` says so. `$1` the run, `$2` prefixes of eight bytes, `$3` how many.
   * @param condition over alias t. @param using more of a FROM list, with its condition.
   */
  remove(keep: boolean, from: { readonly using: string; readonly condition: string }): string {
    const sql = this.#sql;
    const gone = `DELETE FROM ${sql.target} AS t USING ${from.using} WHERE ${from.condition}
      RETURNING ${sql.allColumns("t")}`;
    const kept = `INSERT INTO ${sql.history} (${sql.allColumns()}, _operation, _changed, _archived_at, _archived_run)
      SELECT ${sql.allColumns("gone")}, 'remove', '{}', now(), $1::uuid FROM gone RETURNING 1`;
    return `WITH gone AS (${gone})${keep ? `, kept AS (${kept})` : ""}
      SELECT (SELECT count(*) FROM gone) AS n, (SELECT string_agg(substring(_row_hash FROM 1 FOR 8), ''::bytea) FROM gone) AS before
        ${keep ? ", (SELECT count(*) FROM kept) AS kept" : ""}${keep ? "" : ", $1::uuid AS run"}`;
  }
}

/** Of the diff table: live rows that no staged one has the key of. */
export const ABSENT = "d.staged IS NULL AND t.ctid = d.live";

/** A FROM item: the prefixes in the parameter `$2`, of which there are `$3`. */
export const GIVEN_PREFIXES =
  "(SELECT substring($2::bytea FROM i * 8 + 1 FOR 8) AS prefix FROM generate_series(0, $3::int - 1) AS i) AS given";
