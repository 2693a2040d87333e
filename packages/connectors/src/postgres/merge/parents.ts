import type { Row } from "@millrace/core";
import type { PlacedTable } from "../ddl/create-table.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";
import type { TableSql } from "../sql/table-sql.ts";
import { dotted } from "../sql/table-sql.ts";
import { compileKeyHash } from "../stage/key-hash.ts";
import { KeySet } from "../stage/key-set.ts";
import { StagingTable } from "../stage/staging-table.ts";
import type { KeptKeys } from "./kept-keys.ts";

/** Child tables: the parents whose children all came in a commit. */
export class Parents {
  readonly #context: SessionContext;
  readonly #key: readonly string[];
  readonly #staging: StagingTable;
  readonly #keys = new KeySet();
  readonly #table: PlacedTable;
  #hash: (row: Row) => number;
  #repeated = false;

  constructor(context: SessionContext, table: PlacedTable) {
    this.#context = context;
    this.#table = table;
    this.#key = table.parentKey ?? [];
    const columns = table.columns.filter(({ name }) => this.#key.includes(name));
    this.#staging = new StagingTable({ context, table: table.name, columns, hashed: false });
    this.#hash = compileKeyHash(table.name, this.#key, columns);
  }

  get some(): boolean {
    return this.#staging.rows > 0;
  }

  /** @param ordinal lies before those of the parents' children. */
  add(parents: readonly Row[], ordinal: number): void {
    for (const parent of parents) {
      if (this.#keys.add(this.#hash(parent))) this.#repeated = true;
      this.#staging.append(parent, undefined, ordinal);
    }
  }

  async redefine(table: PlacedTable): Promise<void> {
    const columns = table.columns.filter(({ name }) => this.#key.includes(name));
    this.#hash = compileKeyHash(table.name, this.#key, columns);
    await this.#staging.redefine(columns);
  }

  drain(): Promise<void> {
    return this.#staging.drain();
  }

  flush(): Promise<void> {
    return this.#staging.flush();
  }

  /** Drops staged children of parents that came again later; returns how many. */
  async dropSuperseded(sql: TableSql, stage: StagingTable): Promise<number> {
    if (!this.#repeated) return 0;
    const { rowCount } = await runSql(
      this.#context,
      `finding outdated children in table "${this.#table.name}"`,
      `DELETE FROM ${stage.name} AS s USING (
         SELECT ${this.#columns()}, max(_ordinal) AS last FROM ${this.#staging.name} GROUP BY ${this.#columns()}
       ) AS p WHERE ${sql.keysEqual("s", "p", this.#key)} AND s._ordinal < p.last`,
    );
    stage.rows -= rowCount;
    return rowCount;
  }

  /** What a removal selects: live children of these parents that did not come, not even to be rejected. */
  orphans(sql: TableSql, stage: StagingTable, kept: KeptKeys): { using: string; condition: string } {
    return {
      using: `(SELECT DISTINCT ${this.#columns()} FROM ${this.#staging.name}) AS p`,
      condition: `${sql.keysEqual("t", "p", this.#key)} AND ${sql.own("t")}${
        stage.rows === 0
          ? ""
          : ` AND NOT EXISTS (SELECT FROM ${stage.name} AS s WHERE ${sql.keysEqual("s", "t")})`
      }${kept.without(sql)}`,
    };
  }

  cleanup(): string[] {
    return this.#staging.cleanup();
  }

  reset(): void {
    this.#staging.reset();
    this.#keys.clear();
    this.#repeated = false;
  }

  #columns(): string {
    return this.#key.map((name) => dotted(undefined, name)).join(", ");
  }
}
