import { MillraceError } from "@millrace/core";
import { quoteLiteral, quoteTable } from "../quote.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";
import type { CompletedEpoch, TableCommit } from "../session/table-work.ts";
import type { TableSql } from "../sql/table-sql.ts";
import type { SideTable } from "./side-table.ts";
import { lockAgainstReaders } from "./lock-readers.ts";
import type { Reveal } from "./side-work.ts";

/** Milliseconds that cleaning up waits for readers. */
const TIDY_LOCK_MS = 100;

interface Partition {
  namespace: string;
  name: string;
  /** It is the one of the run. */
  run: boolean;
  /** The last VACUUM left no row of before the last deletion, so that nobody can see one. */
  bare: boolean;
}

/**
 * replace: the rows that were there are deleted and the side table becomes a partition, in one transaction. Readers of every
 * snapshot see the old rows or the new ones: exchanging partitions would show nothing to a snapshot that is older than the
 * exchange. The table is locked only to attach, as the very last thing, so that no reader plans with the partitions of
 * before and then looks after. Partitions that have become empty are dropped once no snapshot can see their rows.
 */
export class ReplaceReveal implements Reveal {
  readonly #context: SessionContext;
  /** The last transaction that deleted rows. */
  #deletedBy = "0";
  #attach: { readonly sql: TableSql; readonly side: SideTable } | undefined;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  async swap(
    sql: TableSql,
    side: SideTable | undefined,
    { where }: CompletedEpoch,
    commit: TableCommit,
  ): Promise<void> {
    const what = replacing(sql);
    // Two readings in one commit: the first one has to be there for the second to replace it.
    await this.finish();
    const removed = await runSql(
      this.#context,
      what,
      `DELETE FROM ${sql.target} AS t WHERE ${sql.within("t", where)}`,
    );
    const own = await runSql<{ id: string }>(this.#context, what, "SELECT pg_current_xact_id()::text AS id");
    this.#deletedBy = own.rows[0]?.id ?? "0";
    if (side?.exists === true) this.#attach = { sql, side };
    commit.counts.removed += removed.rowCount;
  }

  get pending(): SideTable | undefined {
    return this.#attach?.side;
  }

  async finish(): Promise<void> {
    if (this.#attach === undefined) return;
    const { sql, side } = this.#attach;
    this.#attach = undefined;
    await lockAgainstReaders(this.#context, sql.table.name, sql.target);
    await this.#reveal(sql, side, replacing(sql));
  }

  async plan(
    sql: TableSql,
    { where }: CompletedEpoch,
    { counts }: TableCommit,
    exists: boolean,
  ): Promise<void> {
    if (!exists) return;
    const { rows } = await runSql<{ n: string }>(
      this.#context,
      `counting the rows of table "${sql.table.name}"`,
      `SELECT count(*) AS n FROM ${sql.target} AS t WHERE ${sql.within("t", where)}`,
    );
    counts.removed += Number(rows[0]?.n ?? 0);
  }

  async tidy(sql: TableSql): Promise<void> {
    const what = `tidying up after table "${sql.table.name}"`;
    for (const partition of await this.#partitions(sql)) {
      if (partition.run) continue;
      const name = quoteTable(partition);
      try {
        await runSql(
          this.#context,
          what,
          `VACUUM (DISABLE_PAGE_SKIPPING TRUE, TRUNCATE FALSE, PARALLEL 0) ${name}`,
        );
        const [after] = (await this.#partitions(sql)).filter((each) => quoteTable(each) === name);
        if (after?.bare !== true) continue;
        await runSql(
          this.#context,
          what,
          `BEGIN; SET LOCAL lock_timeout = ${TIDY_LOCK_MS}; DROP TABLE ${name}; COMMIT`,
        );
      } catch (error) {
        if (this.#context.connection.lost) throw error;
        // Somebody reads it: the next time will do.
        await runSql(this.#context, what, "ROLLBACK");
      }
    }
  }

  async #reveal(sql: TableSql, side: SideTable, what: string): Promise<void> {
    const attached = (await this.#partitions(sql)).some(({ run }) => run);
    if (attached) return this.#copy(sql, side, what);
    await runSql(this.#context, what, "SAVEPOINT attaching");
    try {
      await runSql(
        this.#context,
        what,
        `ALTER TABLE ${sql.target} ATTACH PARTITION ${side.sql.target} ${this.#bound()}`,
      );
      await runSql(this.#context, what, "RELEASE SAVEPOINT attaching");
    } catch (error) {
      if (!(error instanceof MillraceError) || this.#context.connection.lost) throw error;
      // The table has something that the side table has not, such as a column of somebody else's.
      await runSql(this.#context, what, "ROLLBACK TO SAVEPOINT attaching");
      const place = { namespace: "millrace", name: `${side.name.slice(0, 50)}_copied` };
      await runSql(
        this.#context,
        what,
        `CREATE TABLE ${quoteTable(place)} PARTITION OF ${sql.target} ${this.#bound()}`,
      );
      await this.#copy(sql, side, what);
    }
  }

  /** The run has a partition already: it completed another epoch before. */
  async #copy(sql: TableSql, side: SideTable, what: string): Promise<void> {
    await runSql(
      this.#context,
      what,
      `INSERT INTO ${sql.target} (${sql.allColumns()}) SELECT ${sql.allColumns("s")} FROM ${side.sql.target} AS s`,
    );
    await side.drop();
  }

  #bound(): string {
    return `FOR VALUES IN (${quoteLiteral(this.#context.run)})`;
  }

  async #partitions(sql: TableSql): Promise<Partition[]> {
    const { rows } = await runSql<Partition>(
      this.#context,
      `looking at the partitions of table "${sql.table.name}"`,
      `SELECT n.nspname::text AS namespace, c.relname::text AS name, c.reltuples = 0 AND age(c.relfrozenxid) < age($3::xid8::xid) AS bare,
         pg_get_expr(c.relpartbound, c.oid) = $2 AS run
       FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid JOIN pg_namespace AS n ON n.oid = c.relnamespace
       WHERE i.inhparent = $1::regclass ORDER BY c.oid`,
      [sql.target, this.#bound(), this.#deletedBy],
    );
    return rows;
  }
}

function replacing(sql: TableSql): string {
  return `replacing the rows of table "${sql.table.name}"`;
}
