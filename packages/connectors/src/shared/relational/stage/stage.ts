import type { EncodableBatch, Row } from "@millrace/core";
import { keyColumns, type TableLayout } from "../define/table-layout.ts";
import type { SessionContext } from "../session/session-context.ts";
import { TableSql } from "../sql/table-sql.ts";
import { ownDiscriminator } from "./own-discriminator.ts";
import { Segments } from "./segments.ts";
import { BATCH, KEPT_KEY, KIND, NUMBER, OUTDATED, PARENT, ROW, StagingTable } from "./staging-table.ts";

/** Rows after which the connection gets a chance. */
const DRAIN_ROWS = 4_096;

/** What came for a table since the last commit: rows, keys of rejected rows, parents, and in which epochs. */
export class Stage {
  readonly segments = new Segments();
  readonly #context: SessionContext;
  readonly #staging: StagingTable;
  #layout: TableLayout;
  #checkOwn: ((row: Row) => void) | undefined;
  #parents = 0;
  #duplicates = 0;

  constructor(context: SessionContext, layout: TableLayout, hashed = false) {
    this.#context = context;
    this.#layout = layout;
    this.#staging = new StagingTable({ context, layout, hashed });
    this.#checkOwn = ownDiscriminator(layout.table);
  }

  /** The temporary table in statements; it exists after `flush`. */
  get name(): string {
    return this.#staging.name;
  }

  /** Something came. */
  get used(): boolean {
    return this.#staging.used;
  }

  /** Rows that are to be written: after `flush` one per key. */
  get rows(): number {
    return this.#staging.rows - this.#duplicates;
  }

  /** Rows that a later one replaces; known after `flush`. */
  get duplicates(): number {
    return this.#duplicates;
  }

  get hasParents(): boolean {
    return this.#parents > 0;
  }

  async write(batch: EncodableBatch): Promise<void> {
    const { rows, hashes, keptKeys = [], parents = [], sequence } = batch;
    const staging = this.#staging;
    this.segments.add(sequence, batch.epochs);
    this.#parents += parents.length;
    for (const parent of parents) staging.add(parent, PARENT, { batch: sequence });
    for (const [index, row] of rows.entries()) {
      this.#checkOwn?.(row);
      staging.add(row, ROW, { batch: sequence, hash: hashes?.[index] });
      if (index % DRAIN_ROWS === 0) await staging.drain();
    }
    for (const key of keptKeys) staging.add(key, KEPT_KEY, { batch: sequence });
    await staging.drain();
  }

  async redefine(layout: TableLayout): Promise<void> {
    this.#layout = layout;
    this.#checkOwn = ownDiscriminator(layout.table);
    await this.#staging.redefine(layout);
  }

  /** Sends everything and finds out which rows a later one replaces. */
  async flush(): Promise<void> {
    await this.#staging.flush();
    if (!this.#staging.used) return;
    // In this order: a row that is out of date does not bring an earlier one of its key back.
    this.#duplicates += await this.#dropDuplicates();
    this.#duplicates += await this.#supersede();
  }

  async clear(): Promise<void> {
    await this.#staging.clear();
    this.segments.clear();
    this.#parents = 0;
    this.#duplicates = 0;
  }

  /** A condition on staged rows: kinds. */
  kind(alias: string, ...kinds: readonly number[]): string {
    const column = `${alias}.${this.#context.dialect.quote(KIND.name)}`;
    return kinds.length === 1 ? `${column} = ${kinds[0]}` : `${column} IN (${kinds.join(", ")})`;
  }

  /** A condition on staged rows: they count as seen in the epoch; undefined where none does. */
  seenIn(alias: string, epoch: string): string | undefined {
    const batches = this.segments.condition(this.#batch(alias), epoch);
    return batches === undefined ? undefined : `${this.kind(alias, ROW, KEPT_KEY, OUTDATED)} AND ${batches}`;
  }

  /** A condition on staged rows: they came in later batches. */
  laterThan(alias: string, sequence: number): string {
    return `${this.kind(alias, ROW)} AND ${this.#batch(alias)} > ${sequence}`;
  }

  /** A condition on staged rows: they wait with the epoch, which is the first of their batch. */
  waitingWith(alias: string, epoch: string): string | undefined {
    const batches = this.segments.condition(this.#batch(alias), epoch, true);
    return batches === undefined ? undefined : `${this.kind(alias, ROW)} AND ${batches}`;
  }

  number(alias: string): string {
    return `${alias}.${this.#context.dialect.quote(NUMBER.name)}`;
  }

  #batch(alias: string): string {
    return `${alias}.${this.#context.dialect.quote(BATCH.name)}`;
  }

  /** A batch that has a parent holds all its children: those that came before are out of date. */
  async #supersede(): Promise<number> {
    if (this.#parents === 0) return 0;
    const parentKey = keyColumns(this.#layout, this.#layout.table.parentKey ?? []);
    const sql = new TableSql(this.#context.dialect, this.#layout);
    return this.#outdate(
      `SELECT ${this.number("s")} AS n FROM ${this.name} s JOIN ${this.name} p ON ${sql.equal("s", "p", parentKey)}
       WHERE ${this.kind("s", ROW)} AND ${this.kind("p", PARENT)} AND ${this.number("p")} > ${this.number("s")}`,
    );
  }

  /** The last row of a key wins. */
  async #dropDuplicates(): Promise<number> {
    const { mode, key, internal } = this.#layout.table;
    if (key.length === 0 || mode === "append" || internal === true) return 0;
    const sql = new TableSql(this.#context.dialect, this.#layout);
    return this.#outdate(
      `SELECT r.n FROM (SELECT ${this.number("s")} AS n, ROW_NUMBER() OVER (PARTITION BY ${sql.groups("s")} ORDER BY ${this.number("s")} DESC) AS place
       FROM ${this.name} s WHERE ${this.kind("s", ROW)}) r WHERE r.place > 1`,
    );
  }

  /** @param numbers a SELECT of the numbers, as n, of the rows that are out of date. */
  #outdate(numbers: string): Promise<number> {
    const { dialect, link } = this.#context;
    return link.execute(
      `staging rows for table "${this.#layout.table.name}"`,
      `UPDATE ${this.name} SET ${dialect.quote(KIND.name)} = ${OUTDATED} WHERE ${dialect.quote(NUMBER.name)} IN (SELECT o.n FROM (${numbers}) o)`,
    );
  }
}
