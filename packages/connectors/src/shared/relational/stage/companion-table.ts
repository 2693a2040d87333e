import { hash } from "node:crypto";
import { align, alignments } from "../columns/align.ts";
import { newColumn, type TableColumn } from "../columns/table-column.ts";
import { describedColumns } from "../define/current-table.ts";
import { describeTable } from "../session/describe-table.ts";
import type { TableLayout } from "../define/table-layout.ts";
import type { EpochRecord } from "../session/epoch-book.ts";
import type { SessionContext } from "../session/session-context.ts";

/** The epoch that a row belongs to, by its number. */
export const EPOCH: TableColumn = {
  name: "_millrace_epoch",
  type: { kind: "bigint" },
  form: "native",
  place: { keyColumns: 1 },
  required: true,
};

/**
 * A table of Millrace's own beside a table that a pipeline writes: it keeps what open epochs have seen (`seen`) or brought
 * (`side`) from one commit to the next. There is one per pipeline and table; rows of epochs that are over are deleted.
 */
export class CompanionTable {
  /** In statements. */
  readonly name: string;
  readonly #context: SessionContext;
  readonly #place: { readonly namespace: string; readonly name: string };
  #exists = false;
  #tidied = false;

  constructor(context: SessionContext, kind: "seen" | "side", { table }: TableLayout) {
    const { dialect, state, pipeline } = context;
    const digest = hash("sha256", JSON.stringify([pipeline, table.namespace, table.name]), "hex");
    this.#context = context;
    this.#place = dialect.stateTable(`${kind}_${digest.slice(0, 16)}`, state.namespace);
    this.name = dialect.table(this.#place);
  }

  /** It is there: known after `look` or `ensure`. */
  get exists(): boolean {
    return this.#exists;
  }

  /** Finds out whether it is there. */
  async look(): Promise<void> {
    this.#exists ||= (await describeTable(this.#context.link, this.#place)) !== undefined;
  }

  /** Creates it, or gives it the columns that are wanted. @param key whether the columns named so are unique per epoch. */
  async ensure(columns: readonly TableColumn[], key: readonly string[]): Promise<void> {
    const { dialect, link } = this.#context;
    const what = `preparing ${this.name}`;
    const description = await describeTable(link, this.#place);
    if (description === undefined) {
      const statements = dialect.createTable({
        reference: this.name,
        columns: [EPOCH, ...columns].map((column) => newColumn(dialect, column)),
        primaryKey: key.length === 0 ? [] : [EPOCH.name, ...key],
        primaryKeyName: `${this.#place.name}_pkey`,
        indexes: key.length === 0 ? [{ name: `${this.#place.name}_epoch`, columns: [EPOCH.name] }] : [],
        temporary: false,
      });
      await link.run(what, statements);
    } else {
      const present = describedColumns(description, { mode: "merge", key });
      await align(link, what, alignments(dialect, this.name, present, columns));
    }
    this.#exists = true;
  }

  /** Deletes, once per session, what epochs left that are neither stored nor new. */
  async tidy(epochs: Iterable<EpochRecord>): Promise<void> {
    if (!this.#exists || this.#tidied) return;
    this.#tidied = true;
    const stored = [...epochs].filter((epoch) => epoch.stored).map(({ number }) => number);
    const where = stored.length === 0 ? "" : ` WHERE ${this.#epoch()} NOT IN (${stored.join(", ")})`;
    await this.#context.link.execute(`tidying up ${this.name}`, `DELETE FROM ${this.name}${where}`);
  }

  /** Deletes what it has of an epoch; returns how many rows that was. */
  async forget({ number }: EpochRecord): Promise<number> {
    if (!this.#exists) return 0;
    return this.#context.link.execute(
      `forgetting an epoch in ${this.name}`,
      `DELETE FROM ${this.name} WHERE ${this.#epoch()} = ${number}`,
    );
  }

  /** Rows of an epoch. */
  async count({ number }: EpochRecord): Promise<number> {
    if (!this.#exists) return 0;
    return this.#context.link.count(
      `counting rows in ${this.name}`,
      `SELECT COUNT(*) AS n FROM ${this.name} WHERE ${this.#epoch()} = ${number}`,
    );
  }

  /** A condition: rows of the epoch. */
  of(alias: string, { number }: EpochRecord): string {
    return `${alias}.${this.#epoch()} = ${number}`;
  }

  #epoch(): string {
    return this.#context.dialect.quote(EPOCH.name);
  }
}
