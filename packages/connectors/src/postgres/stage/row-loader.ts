import type { Row } from "@millrace/core";
import type { TrailingField } from "../codec/copy-encoder.ts";
import type { PlacedTable } from "../ddl/create-table.ts";
import { metadataColumns } from "../ddl/metadata-columns.ts";
import { quoteIdentifier, quoteLiteral } from "../quote.ts";
import { primaryKeyName } from "../ddl/names.ts";
import { runSql, type SessionContext } from "../session/session-context.ts";
import { sqlLiteral } from "../sql/literal.ts";
import { CopySink } from "./copy-sink.ts";
import { KeyTracker } from "./key-tracker.ts";
import type { LoadTarget } from "./load-target.ts";
import { StagingTable } from "./staging-table.ts";

/** So many rows whose key came before, and this share of all, end the time in which rows go straight into the table. */
const REPEATS = { rows: 5_000, share: 0.1 };
/** From here on finding duplicates by sorting everything is cheaper than by a list of suspects. */
const MAX_SUSPECTS = 50_000;

export interface RowLoaderOptions {
  readonly context: SessionContext;
  readonly target: LoadTarget;
  /** Rows come with their hash. */
  readonly hashed: boolean;
  /** Whether the table holds nothing of the pipeline's own, so that rows may go straight in. */
  isEmpty(): Promise<boolean>;
}

/**
 * Brings the rows of one commit to the server and knows which keys came more than once. Rows go straight into a table that
 * holds nothing but what this session put there: then each of its keys is known, and a new one cannot be in it. Others go
 * into the staging table.
 */
export class RowLoader {
  readonly #o: RowLoaderOptions;
  readonly #staging: StagingTable;
  #keys: KeyTracker;
  #keyTypes: string;
  #direct: CopySink | undefined;
  /** Every key that the table holds is in `#keys`; undefined: not known. */
  #complete: boolean | undefined;
  #started = false;
  #staged = false;
  #keyDropped = false;
  /** The table says itself what its rows are stamped with, until the commit. */
  #stamped = false;
  #suspects: number[] = [];
  #allSuspect = false;
  /** The keys of the commit's earlier rows are not known. */
  #untold = false;
  /** Since the last commit, rows that went straight into the table. */
  directRows = 0;

  constructor(options: RowLoaderOptions) {
    this.#o = options;
    const { table } = options.target.sql;
    this.#keys = new KeyTracker(table);
    this.#keyTypes = keyTypesOf(table);
    this.#staging = new StagingTable({
      context: options.context,
      table: table.name,
      columns: table.columns,
      hashed: options.hashed,
    });
  }

  get staging(): StagingTable {
    return this.#staging;
  }

  /** Ordinals of staged rows whose key may have come before in this commit. */
  get suspects(): readonly number[] {
    return this.#suspects;
  }

  /** The table holds nothing but what this session put there. */
  get isComplete(): boolean {
    return this.#complete === true;
  }

  /** Rows go straight into the table. */
  get isDirect(): boolean {
    return this.#direct !== undefined;
  }

  /** Decides for this commit where rows go. @param mayBeDirect false where they have to be staged for another reason. */
  async start(mayBeDirect: boolean): Promise<void> {
    if (this.#started) return;
    this.#started = true;
    const { context, target } = this.#o;
    if (!mayBeDirect || context.dryRun) return;
    // What is staged now may be in the table later, under keys that are not known.
    if (target.pending === "alter") this.#complete = false;
    this.#complete ??= target.pending === "create" || (await this.#o.isEmpty());
    if (!this.#complete) return;
    await context.lane.finish();
    await context.transaction.begin();
    this.#direct = this.#newDirect();
  }

  /** True where a row of the same key may have come before in this commit. Fails with MLR_ROW_KEY_MISSING. */
  suspect(row: Row): boolean {
    return this.#keys.add(row) || this.#untold;
  }

  place(row: Row, hash: string | undefined, suspect: boolean): void {
    if (this.#direct !== undefined && !suspect) {
      this.#direct.append(row, hash);
      this.directRows++;
      return;
    }
    const ordinal = this.#staging.append(row, hash);
    if (!suspect) return;
    if (this.#suspects.length < MAX_SUSPECTS) this.#suspects.push(ordinal);
    else this.#allSuspect = true;
  }

  async drain(): Promise<void> {
    await this.#direct?.drain();
    await this.#staging.drain();
  }

  async flush(): Promise<void> {
    await this.#direct?.flush();
    await this.#staging.flush();
    if (this.#staging.rows > 0 && !this.#staged) {
      this.#staged = true;
      await this.#o.context.step("staged");
    }
  }

  /** Sends the rows that go straight into the table: it is about to be defined anew. */
  async settle(): Promise<void> {
    await this.#direct?.flush();
    // Whoever looks at the table now has to find it with its key.
    await this.finishDirect();
  }

  /**
   * Follows the table's columns. @param mayGoOn false where others read the table: it is not changed (and so locked) before
   * the commit, and the rest of the rows is staged. True where hashes of staged rows changed.
   */
  async redefine(mayGoOn: boolean): Promise<boolean> {
    const { table } = this.#o.target.sql;
    const keyTypes = keyTypesOf(table);
    if (keyTypes !== this.#keyTypes) {
      // The same key has another hash as another type: only SQL can tell which came before.
      this.#keyTypes = keyTypes;
      this.#untold = this.#started;
      if (this.#complete === true) this.#complete = false;
      this.#keys = new KeyTracker(table);
    }
    if (this.#direct !== undefined) this.#direct = mayGoOn && !this.#untold ? this.#newDirect() : undefined;
    return this.#staging.redefine(table.columns);
  }

  /** After `flush`: the direct rows are in the table, with its key. */
  async finishDirect(): Promise<void> {
    if (this.#stamped) {
      this.#stamped = false;
      await this.#alter(
        stampColumns(this.#o.target.sql.table).map((name) => `ALTER COLUMN ${name} DROP DEFAULT`),
      );
    }
    if (!this.#keyDropped) return;
    this.#keyDropped = false;
    const { table, target } = this.#o.target.sql;
    const constraint = `CONSTRAINT ${quoteIdentifier(primaryKeyName(table.name))} PRIMARY KEY (${this.#o.target.sql.keyColumns()})`;
    await runSql(
      this.#o.context,
      `indexing table "${table.name}"`,
      `ALTER TABLE ${target} ADD ${constraint}`,
    );
  }

  async #stamp(): Promise<void> {
    const { context, target } = this.#o;
    const values: Readonly<Record<string, string>> = {
      _run_id: `${quoteLiteral(context.run)}::uuid`,
      _loaded_at: sqlLiteral({ kind: "timestamptz" }, context.transaction.startedAt),
    };
    const columns = stampColumns(target.sql.table);
    if (columns.length === 0) return;
    await this.#alter(columns.map((name) => `ALTER COLUMN ${name} SET DEFAULT ${values[name]}`));
    this.#stamped = true;
  }

  async #alter(actions: readonly string[]): Promise<void> {
    const { context, target } = this.#o;
    const { table } = target.sql;
    await runSql(
      context,
      `loading table "${table.name}"`,
      `ALTER TABLE ${target.sql.target} ${actions.join(", ")}`,
    );
  }

  /** Drops staged rows that a later one of the same key replaces; returns how many. */
  async dropSuperseded(): Promise<number> {
    if (this.#suspects.length === 0 || this.#staging.rows === 0) return 0;
    const { sql } = this.#o.target;
    const what = `finding duplicate keys for table "${sql.table.name}"`;
    const stage = this.#staging.name;
    const { rowCount } = this.#allSuspect
      ? await runSql(
          this.#o.context,
          what,
          `DELETE FROM ${stage} AS s USING (
             SELECT ctid AS place, row_number() OVER (PARTITION BY ${sql.keyColumns()} ORDER BY _ordinal DESC) AS n FROM ${stage}
           ) AS d WHERE d.n > 1 AND s.ctid = d.place`,
        )
      : await runSql(
          this.#o.context,
          what,
          `DELETE FROM ${stage} AS s USING ${stage} AS l
           WHERE l._ordinal = ANY($1::bigint[]) AND ${sql.keysEqual("l", "s")} AND s._ordinal < l._ordinal`,
          [this.#suspects],
        );
    this.#staging.rows -= rowCount;
    return rowCount;
  }

  /**
   * Takes rows that went straight into the table out of it again, where a staged row of the same commit replaces them.
   * Returns how many.
   */
  async dropReplaced(): Promise<number> {
    if (this.directRows === 0 || this.#staging.rows === 0) return 0;
    const { sql } = this.#o.target;
    // Only rows of this transaction have its time.
    const { rowCount } = await runSql(
      this.#o.context,
      `finding duplicate keys for table "${sql.table.name}"`,
      `DELETE FROM ${sql.target} AS t USING ${this.#staging.name} AS s
       WHERE ${sql.keysEqual("t", "s")} AND t.xmin = pg_current_xact_id()::xid`,
    );
    return rowCount;
  }

  cleanup(): string[] {
    return this.#staging.cleanup();
  }

  /** The commit is done. @param complete false where the table may hold keys that did not come this way. */
  reset(complete: boolean): void {
    const rows = this.directRows + this.#staging.rows;
    const repeats = this.#allSuspect ? rows : this.#suspects.length;
    const repeating = repeats > REPEATS.rows && repeats > rows * REPEATS.share;
    if (this.#complete === true) this.#complete = complete && !repeating && !this.#keys.full;
    else if (rows > 0) this.#complete = false;
    if (this.#complete !== true) this.#keys.clear();
    this.#staging.reset();
    this.#suspects = [];
    this.#allSuspect = false;
    this.#untold = false;
    this.#direct = undefined;
    this.#started = false;
    this.#staged = false;
    this.#stamped = false;
    this.directRows = 0;
  }

  #newDirect(): CopySink {
    const { context, target, hashed } = this.#o;
    // A default that the server fills in costs less than a value that is sent with each row; only a table that nobody
    // else sees yet can be given one without a lock that others would wait for.
    const stamps = target.pending === "create";
    const names = stamps ? [] : stampColumns(target.sql.table);
    const trailing: TrailingField[] = [
      ...(hashed ? (["hash"] as const) : []),
      ...(names.includes("_run_id") ? (["run"] as const) : []),
      ...(names.includes("_loaded_at") ? (["loadedAt"] as const) : []),
    ];
    return new CopySink({
      lane: context.lane,
      into: target.sql.target,
      table: target.sql.table.name,
      columns: target.sql.table.columns,
      trailing,
      constants: { run: context.run, loadedAt: context.transaction.startedAt },
      prepare: () => this.#prepareDirect(stamps),
    });
  }

  /** @param stamps rows do not bring what they are stamped with */
  async #prepareDirect(stamps: boolean): Promise<void> {
    const { context, target } = this.#o;
    const created = target.pending === "create";
    await target.execute();
    await context.step("copy-begin");
    if (stamps && !this.#stamped) await this.#stamp();
    if (!created || this.#keyDropped || target.sql.table.key.length === 0) return;
    // Keys in order go to the end of the index, while the rows are still coming.
    if (this.#keys.rising) return;
    // Nobody else sees the new table yet; building the index once is faster than row by row in any order.
    this.#keyDropped = true;
    await runSql(
      context,
      `loading table "${target.sql.table.name}"`,
      `ALTER TABLE ${target.sql.target} DROP CONSTRAINT ${quoteIdentifier(primaryKeyName(target.sql.table.name))}`,
    );
  }
}

/** Columns that hold the same in all rows of a commit. */
function stampColumns(table: PlacedTable): string[] {
  const names = metadataColumns(table).map(({ name }) => name);
  return names.filter((name) => name === "_run_id" || name === "_loaded_at");
}

function keyTypesOf({ key, columns }: PlacedTable): string {
  return JSON.stringify(key.map((name) => columns.find((column) => column.name === name)?.type));
}
