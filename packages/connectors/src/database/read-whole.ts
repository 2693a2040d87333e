import {
  MillraceError,
  type ColumnDefinition,
  type Database,
  type DatabaseSnapshot,
  type Message,
  type ReadContext,
  type Row,
  type Sql,
} from "@millrace/core";
import { isDeepStrictEqual } from "node:util";
import type { ResolvedDatabaseOptions } from "./options.ts";
import type { ReadPlan } from "./read-plan.ts";
import { Selection } from "./selection.ts";
import { fieldsOf, fromState, toState } from "./state-value.ts";
import { StreamHead } from "./stream-head.ts";

/** The one slice that there is. */
export const SLICE = "database";

/** What a reading works with. */
export interface Reading {
  readonly database: Database;
  readonly options: ResolvedDatabaseOptions;
  readonly plan: ReadPlan;
  readonly context: ReadContext;
}

/**
 * Reads everything, as one epoch. With a key it is read in chunks in the order of the key, each of which may be the last
 * one before an interruption; without one, by one statement.
 */
export async function* readWhole(reading: Reading): AsyncGenerator<Message> {
  const { database, options, plan } = reading;
  const chunked = plan.key.length > 0;
  const snapshot = chunked && options.consistent ? await database.snapshot?.() : undefined;
  try {
    const whole = new WholeReading(reading, snapshot ?? database);
    yield* chunked ? whole.chunks() : whole.all();
  } finally {
    await snapshot?.close();
  }
}

type Reader = Pick<DatabaseSnapshot, "stream" | "encoding" | "encoded">;

class WholeReading {
  readonly #context: ReadContext;
  readonly #options: ResolvedDatabaseOptions;
  readonly #plan: ReadPlan;
  readonly #reader: Reader;
  /** Rows go on as the database encodes them. */
  #encodes: boolean;
  readonly #selection: Selection;
  readonly #head: StreamHead;
  #begun = false;
  /** The last row that was passed on in this reading. */
  #last: Row | undefined;

  constructor({ database, options, plan, context }: Reading, reader: Reader) {
    this.#context = context;
    this.#options = options;
    this.#plan = plan;
    this.#reader = reader;
    this.#selection = new Selection(database, options);
    this.#head = new StreamHead(plan);
    const { encodings = [] } = context;
    const mayEncode = plan.key.length === 0 || plan.keyIsSure;
    this.#encodes = mayEncode && reader.encoding !== undefined && encodings.includes(reader.encoding);
  }

  async *all(): AsyncGenerator<Message> {
    yield* this.#rows(this.#selection.statement());
    if (!this.#context.signal.aborted) yield { type: "complete", stream: this.#plan.stream };
  }

  async *chunks(): AsyncGenerator<Message> {
    const { key, keyIsSure, stream } = this.#plan;
    let after = this.#resumedAfter();
    this.#begun = after !== undefined;
    for (;;) {
      // One row more tells whether a key comes twice where a chunk ends: behind it the second row would be left out.
      const probe = keyIsSure ? 0 : 1;
      const limit = this.#options.chunkRows + probe;
      const before = this.#last;
      const count = yield* this.#rows(this.#chunk(after, limit), this.#options.chunkRows);
      if (this.#last !== undefined && this.#last !== before) after = this.#keyOf(this.#last);
      if (this.#context.signal.aborted) {
        if (after !== undefined) yield this.#checkpoint(after);
        return;
      }
      if (count < limit || after === undefined) break;
      yield this.#checkpoint(after);
    }
    if (!keyIsSure)
      yield* this.#rows(this.#selection.statement({ conditions: [this.#selection.lacking(key)] }));
    if (!this.#context.signal.aborted) yield { type: "complete", stream };
  }

  #chunk(after: readonly unknown[] | undefined, limit: number): Sql {
    const { key, keyIsSure } = this.#plan;
    const conditions = [
      ...(keyIsSure ? [] : [this.#selection.filled(key)]),
      ...(after === undefined ? [] : [this.#selection.behind(key, after)]),
    ];
    return this.#selection.statement({ conditions, order: key, limit });
  }

  /** Passes on at most so many rows; returns how many there were. After an abort it ends early. */
  async *#rows(statement: Sql, most = Number.POSITIVE_INFINITY): AsyncGenerator<Message, number> {
    try {
      if (this.#encodes) return yield* this.#encodedRows(statement);
    } catch (error) {
      if (this.#context.signal.aborted) return 0;
      const refused = error instanceof MillraceError && error.code === "MLR_DATABASE_UNSUPPORTED";
      if (!refused) throw error;
      this.#encodes = false;
    }
    return yield* this.#plainRows(statement, most);
  }

  async *#plainRows(statement: Sql, most: number): AsyncGenerator<Message, number> {
    const { stream } = this.#plan;
    const { signal } = this.#context;
    const { batchRows } = this.#options;
    let count = 0;
    try {
      for await (const { columns, rows } of this.#reader.stream(statement, [], { batchRows, signal })) {
        yield* this.#begin(columns);
        const wanted = count + rows.length > most ? rows.slice(0, most - count) : rows;
        count += rows.length;
        if (wanted.length > 0) yield { type: "rows", stream, slice: SLICE, rows: wanted };
        const extra = rows[wanted.length];
        this.#last = wanted.at(-1) ?? this.#last;
        if (extra !== undefined) this.#refuseSameKey(extra);
        if (signal.aborted) return count;
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    return count;
  }

  async *#encodedRows(statement: Sql): AsyncGenerator<Message, number> {
    const { stream, key, required } = this.#plan;
    const { signal } = this.#context;
    let count = 0;
    for await (const rows of this.#reader.encoded?.(statement, { signal }) ?? []) {
      yield* this.#begin(rows.columns);
      const columns = rows.columns.map((column) =>
        required.has(column.name) ? { ...column, nullable: false } : column,
      );
      const encoded = {
        format: rows.format,
        columns,
        count: rows.count,
        chunks: rows.chunks,
        decode: () => rows.decode(),
        last: () => rows.last(),
        ...(key.length === 0 ? {} : { key }),
      };
      if (rows.count > 0) yield { type: "encoded", stream, slice: SLICE, encoded };
      count += rows.count;
      this.#last = rows.last() ?? this.#last;
      if (signal.aborted) return count;
    }
    return count;
  }

  *#begin(columns: readonly ColumnDefinition[]): Generator<Message> {
    yield* this.#head.messages(columns);
    if (!this.#begun) yield { type: "begin", stream: this.#plan.stream };
    this.#begun = true;
  }

  #refuseSameKey(next: Row): void {
    const { key, where } = this.#plan;
    const values = this.#keyOf(next);
    if (this.#last === undefined || !isDeepStrictEqual(values, this.#keyOf(this.#last))) return;
    throw new MillraceError(
      "MLR_SOURCE_FORMAT",
      `${where}: more than one row has the key (${key.join(", ")}) = (${values.map(String).join(", ")})`,
      { hint: "Name columns that identify a row with the option key." },
    );
  }

  #keyOf(row: Row): unknown[] {
    return this.#plan.key.map((name) => {
      const value = row[name];
      if (value !== null && value !== undefined) return value;
      throw new MillraceError(
        "MLR_ARGUMENT_INVALID",
        `${this.#plan.where} gives no column "${name}", which is in the key`,
        {
          hint: `It gives: ${Object.keys(row).join(", ")}.`,
        },
      );
    });
  }

  #checkpoint(after: readonly unknown[]): Message {
    return {
      type: "checkpoint",
      slice: SLICE,
      state: { key: [...this.#plan.key], after: after.map(toState) },
    };
  }

  /** The key behind which an interrupted reading goes on; undefined where it begins anew. */
  #resumedAfter(): unknown[] | undefined {
    const { checkpoints, openEpochs } = this.#context;
    const { stream, key } = this.#plan;
    if (!openEpochs.some((epoch) => epoch.stream === stream && epoch.scope === undefined)) return undefined;
    const state = fieldsOf(checkpoints.get(SLICE));
    if (!isDeepStrictEqual(state?.key, [...key]) || !Array.isArray(state?.after)) return undefined;
    return state.after.map(fromState);
  }
}
