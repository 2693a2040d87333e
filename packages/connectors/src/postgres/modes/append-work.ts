import {
  canonicalText,
  type EncodableBatch,
  type EncodedRows,
  type FieldDifference,
  type Row,
} from "@millrace/core";
import { metadataColumns } from "../ddl/metadata-columns.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";
import type { TableCommit, TableWork } from "../session/table-work.ts";
import { EncodedSink } from "../stage/encoded-sink.ts";
import { CopySink } from "../stage/copy-sink.ts";
import type { LoadTarget } from "../stage/load-target.ts";
import { StagingTable } from "../stage/staging-table.ts";
import { SAMPLE_ROWS } from "../sql/sample.ts";

/** Rows after which the socket gets a chance. */
const DRAIN_ROWS = 4_096;

/**
 * append: rows go straight into the table, in the transaction of the commit. Where the table has to be changed first they
 * are staged, so that its readers are not locked out until the commit.
 */
export class AppendWork implements TableWork {
  readonly #context: SessionContext;
  readonly #target: LoadTarget;
  #direct: CopySink | undefined;
  #encoded: EncodedSink | undefined;
  #staging: StagingTable | undefined;
  #rows = 0;
  /** Dry run: the first rows. */
  readonly #first: Row[] = [];

  constructor(context: SessionContext, target: LoadTarget) {
    this.#context = context;
    this.#target = target;
  }

  /** Not while the table has to be changed first: what is staged is staged as rows. */
  takesEncoded(): Promise<boolean> {
    return Promise.resolve(this.#target.pending !== "alter");
  }

  async write({ rows, encoded }: EncodableBatch): Promise<void> {
    if (encoded !== undefined) return this.#writeEncoded(encoded);
    this.#rows += rows.length;
    if (this.#context.dryRun) {
      this.#first.push(...rows.slice(0, SAMPLE_ROWS - this.#first.length));
      return;
    }
    const staged = this.#target.pending === "alter";
    for (let from = 0; from < rows.length; from += DRAIN_ROWS) {
      const to = Math.min(rows.length, from + DRAIN_ROWS);
      if (staged) await this.#stage(rows, from, to);
      else await this.#append(rows, from, to);
    }
  }

  async settle(): Promise<void> {
    await this.#encoded?.finish();
    await this.#direct?.flush();
    this.#direct = undefined;
  }

  async redefine(): Promise<void> {
    await this.#staging?.redefine(this.#target.sql.table.columns);
  }

  async flush(): Promise<void> {
    await this.#encoded?.flush();
    await this.#direct?.flush();
    await this.#staging?.flush();
    if (this.#rows > 0) await this.#context.step("staged");
  }

  async apply(commit: TableCommit): Promise<void> {
    const { sql } = this.#target;
    await this.#encoded?.finish();
    if (this.#staging !== undefined && this.#staging.rows > 0) {
      const values = sql.stagedValues("s", "$1");
      await runSql(
        this.#context,
        `writing to table "${sql.table.name}"`,
        `INSERT INTO ${sql.target} (${sql.allColumns()}) SELECT ${values} FROM ${this.#staging.name} AS s ORDER BY s._ordinal`,
        metadataColumns(sql.table).length > 0 ? [this.#context.run] : [],
      );
    }
    commit.counts.inserted += this.#rows;
    await this.#context.step("applied");
  }

  async plan(commit: TableCommit, sample: FieldDifference[]): Promise<void> {
    commit.counts.inserted += this.#rows;
    const { table } = this.#target.sql;
    for (const row of this.#first) {
      const fields = table.columns
        .filter(({ name }) => row[name] !== null && row[name] !== undefined)
        .map(({ name, type }) => [name, { before: null, after: canonicalText(type)(row[name]) }]);
      sample.push({ table: table.name, key: {}, operation: "insert", fields: Object.fromEntries(fields) });
    }
  }

  cleanup(): string[] {
    return this.#staging?.cleanup() ?? [];
  }

  async committed(): Promise<void> {
    this.#direct = undefined;
    this.#encoded = undefined;
    this.#staging?.reset();
    this.#rows = 0;
  }

  async #writeEncoded(encoded: EncodedRows): Promise<void> {
    const { table, target } = this.#target.sql;
    this.#rows += encoded.count;
    // What was gathered before goes first.
    await this.#direct?.flush();
    this.#encoded ??= new EncodedSink({
      context: this.#context,
      into: target,
      table: table.name,
      stamped: metadataColumns(table).length > 0,
      prepare: () => this.#prepare(),
    });
    await this.#encoded.write(encoded);
  }

  async #append(rows: readonly Row[], from: number, to: number): Promise<void> {
    const sink = (this.#direct ??= await this.#newSink());
    for (let i = from; i < to; i++) sink.append(rows[i] as Row);
    await sink.drain();
  }

  async #stage(rows: readonly Row[], from: number, to: number): Promise<void> {
    const { table } = this.#target.sql;
    const staging = (this.#staging ??= new StagingTable({
      context: this.#context,
      table: table.name,
      columns: table.columns,
      hashed: false,
    }));
    for (let i = from; i < to; i++) staging.append(rows[i] as Row, undefined);
    await staging.drain();
  }

  async #newSink(): Promise<CopySink> {
    const { lane, transaction, run } = this.#context;
    const { table, target } = this.#target.sql;
    const stamped = metadataColumns(table).length > 0;
    if (stamped) {
      await lane.finish();
      await transaction.begin();
    }
    return new CopySink({
      lane,
      into: target,
      table: table.name,
      columns: table.columns,
      ...(stamped
        ? { trailing: ["run", "loadedAt"], constants: { run, loadedAt: transaction.startedAt } }
        : { trailing: [] }),
      prepare: () => this.#prepare(),
    });
  }

  async #prepare(): Promise<void> {
    await this.#context.transaction.begin();
    await this.#target.execute();
    await this.#context.step("copy-begin");
  }
}
