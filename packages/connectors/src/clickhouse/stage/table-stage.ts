import type { ColumnDefinition, EncodableBatch, Row, TableDefinition } from "@millrace/core";
import { RowCodec } from "../codec/row-codec.ts";
import { physicalColumns } from "../define/layout.ts";
import { STATE_DATABASE } from "../state/names.ts";
import { rewriteRows } from "./rewrite-rows.ts";
import { RowLane } from "./row-lane.ts";
import type { WorkArea } from "./work-area.ts";

/** Rows between two looks at how much has gathered. */
const LOOK_ROWS = 256;

const NUMBERS: readonly ColumnDefinition[] = ["_ordinal", "_sequence", "_group"].map((name) => ({
  name,
  type: { kind: "bigint" },
  nullable: false,
}));
const HASH: ColumnDefinition = { name: "_row_hash", type: { kind: "bytea" }, nullable: false };

interface Part {
  readonly table: string;
  readonly lane: RowLane;
  readonly codec: RowCodec;
  readonly columns: readonly ColumnDefinition[];
}

/** The rows of one table that came since the last commit: in a table of the attempt's own, numbered in their order. */
export class TableStage {
  readonly #work: WorkArea;
  readonly #batchBytes: number;
  #definition: TableDefinition;
  #rows: Part | undefined;
  #parents: Part | undefined;
  #kept: Part | undefined;
  readonly #groups = new Map<string, number>();
  /** Rows by group. */
  readonly groupRows: number[] = [];
  count = 0;
  keptCount = 0;

  constructor(work: WorkArea, definition: TableDefinition, batchBytes: number) {
    this.#work = work;
    this.#definition = definition;
    this.#batchBytes = batchBytes;
  }

  /** The rows' table: numbers, the hash (merge), the table's columns. */
  get rows(): string | undefined {
    return this.#rows?.table;
  }

  /** `parentKey` columns and the sequence of the batch that named them. */
  get parents(): string | undefined {
    return this.#parents?.table;
  }

  /** Key columns of rejected rows and their group. */
  get kept(): string | undefined {
    return this.#kept?.table;
  }

  /** The lists of epochs in which rows count; a row's group is the place in this list. */
  get groups(): readonly (readonly string[])[] {
    return [...this.#groups.keys()].map((list) => JSON.parse(list) as string[]);
  }

  async write(batch: EncodableBatch): Promise<void> {
    const group = this.#group(batch.epochs);
    await this.#writeParents(batch);
    await this.#writeRows(batch, group);
    await this.#writeKept(batch.keptKeys ?? [], group);
  }

  /** Takes the columns that the table has by now; rows that came before are written again. */
  async evolve(definition: TableDefinition): Promise<void> {
    this.#definition = definition;
    this.#rows = await this.#evolved(this.#rows, this.#rowColumns());
    this.#parents = await this.#evolved(this.#parents, this.#parentColumns());
    this.#kept = await this.#evolved(this.#kept, this.#keptColumns());
  }

  /** Resolves when everything is in its tables. */
  async flush(): Promise<void> {
    for (const part of [this.#rows, this.#parents, this.#kept]) await part?.lane.flush();
  }

  async #writeRows({ rows, hashes, sequence }: EncodableBatch, group: number): Promise<void> {
    if (rows.length === 0) return;
    const { lane, codec } = (this.#rows ??= await this.#open(
      "rows",
      this.#rowColumns(),
      this.#userColumns(),
    ));
    const { writer } = lane;
    for (let i = 0; i < rows.length; i++) {
      writer.int64(++this.count);
      writer.int64(sequence);
      writer.int64(group);
      if (hashes !== undefined) {
        writer.byte(32);
        writer.latin1(hashes[i] as string);
      }
      codec.write(writer, rows[i] as Row);
      if (i % LOOK_ROWS === 0) await lane.advance();
    }
    this.groupRows[group] = (this.groupRows[group] ?? 0) + rows.length;
    await lane.advance();
  }

  async #writeParents({ parents, sequence }: EncodableBatch): Promise<void> {
    if (parents === undefined || parents.length === 0) return;
    const { lane, codec } = (this.#parents ??= await this.#open("parents", this.#parentColumns()));
    for (const parent of parents) codec.write(lane.writer, { ...parent, _sequence: sequence });
    await lane.advance();
  }

  async #writeKept(keys: readonly Row[], group: number): Promise<void> {
    if (keys.length === 0) return;
    const { lane, codec } = (this.#kept ??= await this.#open("kept", this.#keptColumns()));
    for (const key of keys) codec.write(lane.writer, { ...key, _group: group });
    this.keptCount += keys.length;
    await lane.advance();
  }

  #group(epochs: readonly string[]): number {
    const list = JSON.stringify(epochs);
    const known = this.#groups.get(list);
    if (known !== undefined) return known;
    const group = this.#groups.size;
    this.#groups.set(list, group);
    this.groupRows[group] = 0;
    return group;
  }

  #userColumns(): readonly ColumnDefinition[] {
    return this.#definition.columns;
  }

  #rowColumns(): readonly ColumnDefinition[] {
    const hash = this.#definition.mode === "merge" ? [HASH] : [];
    return [...NUMBERS, ...hash, ...this.#definition.columns];
  }

  #parentColumns(): readonly ColumnDefinition[] {
    return [...this.#named(this.#definition.parentKey ?? []), ...NUMBERS.slice(1, 2)];
  }

  #keptColumns(): readonly ColumnDefinition[] {
    return [...this.#named(this.#definition.key), ...NUMBERS.slice(2)];
  }

  #named(names: readonly string[]): readonly ColumnDefinition[] {
    return names.flatMap((name) => this.#definition.columns.filter((column) => column.name === name));
  }

  async #open(what: string, columns: readonly ColumnDefinition[], written = columns): Promise<Part> {
    const { server } = this.#work;
    const order = columns[0]?.name === "_ordinal" ? "ORDER BY _ordinal" : "ORDER BY tuple()";
    const sql = physicalColumns({ columns, lowCardinality: new Set() }, server.features);
    const table = await this.#work.create(what, sql, `MergeTree ${order}`);
    const doing = `writing table "${this.#definition.name}"`;
    const lane = new RowLane({
      server,
      database: STATE_DATABASE,
      table,
      batchBytes: this.#batchBytes,
      doing,
    });
    return { table, lane, columns, codec: new RowCodec(written, server.features) };
  }

  async #evolved(part: Part | undefined, columns: readonly ColumnDefinition[]): Promise<Part | undefined> {
    if (part === undefined) return undefined;
    await part.lane.flush();
    const next = await this.#open(
      "evolved",
      columns,
      columns[0]?.name === "_ordinal" ? this.#userColumns() : columns,
    );
    await rewriteRows(this.#work.server, {
      from: { database: STATE_DATABASE, table: part.table, columns: part.columns },
      to: { database: STATE_DATABASE, table: next.table, columns },
      batchBytes: this.#batchBytes,
    });
    await this.#work.drop(part.table);
    return next;
  }
}
