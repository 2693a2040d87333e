import type { Row } from "@millrace/core";
import type { PlacedTable } from "../ddl/create-table.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";
import type { TableSql } from "../sql/table-sql.ts";
import { StagingTable } from "../stage/staging-table.ts";

/** Keys that came one after another in the same epochs. */
export interface KeptGroup {
  readonly epochs: readonly string[];
  /** Ordinals in the staging table: from the first on, and below the second. */
  readonly from: number;
  to: number;
}

/** The keys of rows that were rejected in a commit: what the table holds under them must not be removed. */
export class KeptKeys {
  readonly #context: SessionContext;
  readonly #staging: StagingTable;
  #groups: KeptGroup[] = [];

  constructor(context: SessionContext, table: PlacedTable) {
    this.#context = context;
    this.#staging = new StagingTable({ context, table: table.name, columns: keyOf(table), hashed: false });
  }

  /** The keys in the order that they came. */
  get groups(): readonly KeptGroup[] {
    return this.#groups;
  }

  async add(keys: readonly Row[], epochs: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    const from = this.#staging.mark();
    for (const key of keys) this.#staging.append(key, undefined);
    const to = this.#staging.mark();
    const last = this.#groups.at(-1);
    if (last !== undefined && JSON.stringify(last.epochs) === JSON.stringify(epochs)) last.to = to;
    else this.#groups.push({ epochs, from, to });
    await this.#staging.drain();
  }

  async redefine(table: PlacedTable): Promise<void> {
    await this.#staging.redefine(keyOf(table));
  }

  flush(): Promise<void> {
    return this.#staging.flush();
  }

  /** First eight bytes of the row hashes that the table holds under the keys of a group. */
  async prefixes(sql: TableSql, { from, to }: KeptGroup): Promise<Buffer> {
    const { rows } = await runSql<{ prefixes: Buffer | null }>(
      this.#context,
      `looking for rows of table "${sql.table.name}" that were rejected`,
      `SELECT string_agg(substring(t._row_hash FROM 1 FOR 8), ''::bytea) AS prefixes
       FROM (SELECT DISTINCT ${sql.keyColumns()} FROM ${this.#staging.name} WHERE _ordinal >= $1 AND _ordinal < $2) AS k
       JOIN ${sql.target} AS t ON ${sql.keysEqual("t", "k")}`,
      [from, to],
    );
    return rows[0]?.prefixes ?? Buffer.alloc(0);
  }

  /** Part of a condition: the row of alias `t` is under none of the keys. */
  without(sql: TableSql): string {
    if (this.#staging.rows === 0) return "";
    return ` AND NOT EXISTS (SELECT FROM ${this.#staging.name} AS k WHERE ${sql.keysEqual("k", "t")})`;
  }

  cleanup(): string[] {
    return this.#staging.cleanup();
  }

  reset(): void {
    this.#staging.reset();
    this.#groups = [];
  }
}

function keyOf(table: PlacedTable): PlacedTable["columns"] {
  return table.columns.filter(({ name }) => table.key.includes(name));
}
