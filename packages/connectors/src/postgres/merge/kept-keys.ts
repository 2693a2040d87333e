import type { Row } from "@millrace/core";
import type { PlacedTable } from "../ddl/create-table.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";
import type { TableSql } from "../sql/table-sql.ts";
import { StagingTable } from "../stage/staging-table.ts";

/** The keys of rows that were rejected in a commit: what the table holds under them must not be removed. */
export class KeptKeys {
  readonly #context: SessionContext;
  readonly #staging: StagingTable;
  readonly #epochs = new Set<string>();

  constructor(context: SessionContext, table: PlacedTable) {
    this.#context = context;
    this.#staging = new StagingTable({ context, table: table.name, columns: keyOf(table), hashed: false });
  }

  /** Epochs that such rows came in. */
  get epochs(): Iterable<string> {
    return this.#epochs;
  }

  async add(keys: readonly Row[], epochs: readonly string[]): Promise<void> {
    if (keys.length === 0) return;
    for (const key of keys) this.#staging.append(key, undefined);
    for (const epoch of epochs) this.#epochs.add(epoch);
    await this.#staging.drain();
  }

  async redefine(table: PlacedTable): Promise<void> {
    await this.#staging.redefine(keyOf(table));
  }

  flush(): Promise<void> {
    return this.#staging.flush();
  }

  /** First eight bytes of the row hashes that the table holds under the keys. */
  async *prefixes(sql: TableSql): AsyncGenerator<Buffer> {
    if (this.#staging.rows === 0) return;
    const { rows } = await runSql<{ prefixes: Buffer | null }>(
      this.#context,
      `looking for rows of table "${sql.table.name}" that were rejected`,
      `SELECT string_agg(substring(t._row_hash FROM 1 FOR 8), ''::bytea) AS prefixes
       FROM (SELECT DISTINCT ${sql.keyColumns()} FROM ${this.#staging.name}) AS k JOIN ${sql.target} AS t ON ${sql.keysEqual("t", "k")}`,
    );
    const prefixes = rows[0]?.prefixes;
    if (prefixes !== null && prefixes !== undefined) yield prefixes;
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
    this.#epochs.clear();
  }
}

function keyOf(table: PlacedTable): PlacedTable["columns"] {
  return table.columns.filter(({ name }) => table.key.includes(name));
}
