import {
  MillraceError,
  statement,
  type ColumnDefinition,
  type ColumnType,
  type Message,
  type ReadContext,
  type Row,
  type Sql,
} from "@millrace/core";
import { readCursorState, writeCursorState, type CursorState } from "./cursor-state.ts";
import { cursorScale, type CursorScale, type Lag } from "./lag.ts";
import { SLICE, type Reading } from "./read-whole.ts";
import { SeenWindow, type SeenRow } from "./seen-window.ts";
import { Selection } from "./selection.ts";
import { toState } from "./state-value.ts";
import { StreamHead } from "./stream-head.ts";

/** A reading of what is new. */
export interface NewsReading extends Reading {
  readonly column: string;
  readonly start: unknown;
  readonly lag: Lag | undefined;
}

/**
 * Reads the rows at or beyond the greatest value of the cursor column that was read before, in its order. Where rows may
 * not come twice (append), those at the boundary that were passed on are known and left out.
 */
export async function* readNews(reading: NewsReading): AsyncGenerator<Message> {
  const { context, column, lag } = reading;
  const selection = new Selection(reading.database, reading.options);
  const scale =
    lag === undefined ? undefined : cursorScale(column, await typeOfCursor(reading, selection), lag);
  const state =
    context.since === undefined ? readCursorState(context.checkpoints.get(SLICE), column) : undefined;
  if (state === undefined) await warnOfNulls(reading, selection);
  yield* new News(reading, selection, scale, state).messages();
}

class News {
  readonly #reading: NewsReading;
  readonly #context: ReadContext;
  readonly #selection: Selection;
  readonly #scale: CursorScale | undefined;
  readonly #head: StreamHead;
  /** Undefined where rows may come twice. */
  readonly #window: SeenWindow | undefined;
  readonly #begin: { readonly value: unknown; readonly beyond: boolean } | undefined;
  #value: unknown;
  #place: string | undefined;
  #sinceCheckpoint = 0;

  constructor(
    reading: NewsReading,
    selection: Selection,
    scale: CursorScale | undefined,
    state: CursorState | undefined,
  ) {
    this.#reading = reading;
    this.#context = reading.context;
    this.#selection = selection;
    this.#scale = scale;
    this.#head = new StreamHead(reading.plan);
    if (reading.context.idempotent !== true) this.#window = new SeenWindow(this.#seenBefore(state));
    this.#begin = this.#beginOf(state);
    this.#value = state?.value;
    this.#place = state === undefined ? undefined : this.#placeOf(state.value);
  }

  async *messages(): AsyncGenerator<Message> {
    const { plan, options, database } = this.#reading;
    const { signal } = this.#context;
    try {
      for await (const { columns, rows } of database.stream(this.#statement(), [], {
        batchRows: options.batchRows,
        signal,
      })) {
        yield* this.#head.messages(columns);
        const fresh = this.#take(rows);
        if (fresh.length > 0) yield { type: "rows", stream: plan.stream, slice: SLICE, rows: fresh };
        this.#sinceCheckpoint += fresh.length;
        if (signal.aborted) break;
        if (this.#sinceCheckpoint >= options.chunkRows) yield* this.#checkpoint(false);
      }
    } catch (error) {
      if (!signal.aborted) throw error;
    }
    yield* this.#checkpoint(!signal.aborted);
  }

  /** Rows remembered by a run that had no lag yet all lie at the value that it ended with. */
  #seenBefore(state: CursorState | undefined): SeenRow[] {
    if (state === undefined) return [];
    if (this.#scale === undefined) return [...state.seen];
    const end = this.#placeOf(state.value);
    return state.seen.map(([id, place]) => [id, /^-?\d+$/.test(place) ? place : end]);
  }

  #statement(): Sql {
    const { column } = this.#reading;
    const condition =
      this.#begin === undefined
        ? this.#selection.filled([column])
        : this.#begin.beyond
          ? this.#selection.beyond(column, this.#begin.value)
          : this.#selection.from(column, this.#begin.value);
    return this.#selection.statement({ conditions: [condition], order: [column] });
  }

  /** The rows that were not passed on before. */
  #take(rows: readonly Row[]): readonly Row[] {
    const window = this.#window;
    const { column, plan } = this.#reading;
    if (window === undefined) {
      const last = rows.at(-1);
      if (last !== undefined) this.#value = cursorOf(last, column, plan.where);
      return rows;
    }
    const fresh: Row[] = [];
    for (const row of rows) {
      const value = cursorOf(row, column, plan.where);
      const place = this.#placeOf(value);
      if (place !== this.#place) this.#move(value, place);
      if (window.add(row, place)) fresh.push(row);
    }
    return fresh;
  }

  /** The cursor has gone on: what lies too far back is not looked at again. */
  #move(value: unknown, place: string): void {
    const scale = this.#scale;
    this.#value = value;
    this.#place = place;
    if (scale === undefined) this.#window?.keep((each) => each === place);
    else {
      const oldest = scale.position(value) - scale.step;
      this.#window?.keep((each) => BigInt(each) >= oldest);
    }
  }

  *#checkpoint(atEnd: boolean): Generator<Message> {
    if (this.#value === undefined || this.#context.since !== undefined) return;
    const forgotten = this.#window?.forgotten;
    // Not all rows of this value are remembered, and more of them may follow.
    if (!atEnd && forgotten !== undefined && forgotten === this.#place) return;
    if (forgotten !== undefined && atEnd) this.#warnOfForgotten();
    this.#sinceCheckpoint = 0;
    const { column } = this.#reading;
    const from = this.#window === undefined ? undefined : this.#completeFrom();
    const state = { column, value: this.#value, seen: this.#window?.rows ?? [] };
    yield {
      type: "checkpoint",
      slice: SLICE,
      state: writeCursorState(from === undefined ? state : { ...state, from }),
    };
  }

  /** Where the next reading may begin at the earliest without passing on rows twice. */
  #completeFrom(): CursorState["from"] {
    const forgotten = this.#window?.forgotten;
    const scale = this.#scale;
    if (scale === undefined) return { value: this.#value, beyond: forgotten !== undefined };
    if (forgotten !== undefined) return { value: scale.value(BigInt(forgotten)), beyond: true };
    const oldest = scale.position(this.#value) - scale.step;
    const begin = this.#begin;
    // What lies before the beginning of this reading was not looked at.
    if (begin !== undefined && scale.position(begin.value) >= oldest) return begin;
    return { value: scale.value(oldest), beyond: false };
  }

  /** Where this reading begins. */
  #beginOf(
    state: CursorState | undefined,
  ): { readonly value: unknown; readonly beyond: boolean } | undefined {
    const { since } = this.#context;
    const { start } = this.#reading;
    if (since !== undefined) return { value: since, beyond: false };
    if (state === undefined) return start === undefined ? undefined : { value: start, beyond: false };
    const scale = this.#scale;
    const from = this.#window === undefined ? undefined : state.from;
    if (scale === undefined)
      return {
        value: state.value,
        beyond: from?.beyond === true && this.#placeOf(from.value) === this.#placeOf(state.value),
      };
    const wanted = scale.position(state.value) - scale.step;
    if (from !== undefined && scale.position(from.value) >= wanted) return from;
    return { value: scale.value(wanted), beyond: false };
  }

  #placeOf(value: unknown): string {
    return this.#scale === undefined ? JSON.stringify(toState(value)) : String(this.#scale.position(value));
  }

  #warnOfForgotten(): void {
    const { column, plan } = this.#reading;
    this.#context.log(
      "warn",
      `${plan.where}: so many rows lie at the end of column "${column}" that not all can be remembered; rows that come late there will not be read. A table with a key (upsert or merge) takes them.`,
    );
  }
}

function cursorOf(row: Row, column: string, where: string): unknown {
  const value = row[column];
  if (value !== null && value !== undefined) return value;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `${where} gives no column "${column}", which is the cursor`,
    {
      hint: `It gives: ${Object.keys(row).join(", ")}.`,
    },
  );
}

/** The type of the cursor column, by a statement that gives no rows where nothing else tells. */
async function typeOfCursor(
  { plan, column, database }: NewsReading,
  selection: Selection,
): Promise<ColumnType> {
  const type = typeIn(plan.columns ?? [], column);
  if (type !== undefined) return type;
  for await (const { columns } of database.stream(selection.statement({ conditions: [statement`1 = 0`] }))) {
    const found = typeIn(columns, column);
    if (found !== undefined) return found;
  }
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `${plan.where} gives no column "${column}", which is the cursor`,
  );
}

function typeIn(columns: readonly ColumnDefinition[], name: string): ColumnType | undefined {
  return columns.find((column) => column.name === name)?.type;
}

/** Rows without a value have no place in the order; nobody should have to find that out alone. */
async function warnOfNulls(
  { database, column, plan, context }: NewsReading,
  selection: Selection,
): Promise<void> {
  if (plan.required.has(column)) return;
  const statement = selection.statement({
    conditions: [selection.lacking([column])],
    order: [column],
    limit: 1,
  });
  const rows = await database.query(statement);
  if (rows.length === 0) return;
  context.log("warn", `${plan.where}: rows without a value in the cursor column "${column}" are not read`);
}
