import type { EncodableBatch, FieldDifference } from "@millrace/core";
import type { PlacedTable } from "../ddl/create-table.ts";
import type { SessionContext } from "../session/session-context.ts";
import type { TableCommit, TableWork } from "../session/table-work.ts";
import { AppendWork } from "./append-work.ts";
import type { SideTable } from "./side-table.ts";
import { UpsertWork } from "./upsert-work.ts";

/**
 * Rows of a table with a key on their way into a side table. Encoded ones, whose source knows that their keys differ, are
 * appended as they are until the first row comes that was not encoded: from then on keys are looked at.
 */
export class SideRows implements TableWork {
  readonly #context: SessionContext;
  readonly #table: SideTable;
  readonly #rows: UpsertWork;
  #encoded: AppendWork | undefined;
  #hasRows = false;

  constructor(context: SessionContext, table: SideTable) {
    this.#context = context;
    this.#table = table;
    this.#rows = new UpsertWork(context, table);
  }

  async takesEncoded(): Promise<boolean> {
    return !this.#hasRows && this.#table.pending !== "alter";
  }

  async write(batch: EncodableBatch): Promise<void> {
    if (batch.encoded === undefined) {
      this.#hasRows = true;
      return this.#rows.write(batch);
    }
    this.#encoded ??= new AppendWork(this.#context, this.#table);
    return this.#encoded.write(batch);
  }

  async settle(): Promise<void> {
    for (const work of this.#works()) await work.settle();
  }

  async redefine(table: PlacedTable, mayGoOn: boolean): Promise<void> {
    await this.#encoded?.redefine();
    await this.#rows.redefine(table, mayGoOn);
  }

  async flush(): Promise<void> {
    for (const work of this.#works()) await work.flush();
  }

  async apply(commit: TableCommit): Promise<void> {
    for (const work of this.#works()) await work.apply(commit);
  }

  plan(commit: TableCommit, sample: FieldDifference[]): Promise<void> {
    return this.#rows.plan(commit, sample);
  }

  cleanup(): string[] {
    return this.#works().flatMap((work) => work.cleanup());
  }

  async committed(): Promise<void> {
    for (const work of this.#works()) await work.committed();
  }

  #works(): TableWork[] {
    return this.#encoded === undefined ? [this.#rows] : [this.#encoded, this.#rows];
  }
}
