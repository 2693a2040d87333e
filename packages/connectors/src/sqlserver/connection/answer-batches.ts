import type { ColumnDefinition, Row } from "@millrace/core";
import { readableType } from "../dialect/sql-types.ts";
import type { AnswerColumn, AnswerHandler, AnswerRow, Connection, Statement } from "./connection.ts";

/** A part of an answer. */
export interface AnswerBatch {
  readonly columns: readonly ColumnDefinition[];
  readonly rows: Row[];
}

/** Batches that may wait for the consumer before the server is asked to wait. */
const WAITING = 2;

/**
 * The rows of a statement's first result set in batches; the server waits while the consumer does, and the statement is
 * cancelled where the consumer ends early. An answer with columns and no rows is one batch without rows.
 */
export async function* answerBatches(
  connection: Connection,
  statement: Statement & { readonly batchRows: number },
): AsyncGenerator<AnswerBatch, number> {
  const answer = new Answer(statement.batchRows);
  const running = connection.run(statement, answer);
  answer.pause = () => running.pause();
  running.done.then(
    () => answer.end(),
    () => answer.end(),
  );
  let given = false;
  try {
    for (;;) {
      const batch = answer.next();
      if (batch === undefined && answer.ended) break;
      if (batch === undefined) {
        running.resume();
        await answer.more();
      } else {
        given = true;
        yield batch;
      }
    }
    const rows = await running.done;
    const last = answer.rest(!given);
    if (last !== undefined) yield last;
    return rows;
  } finally {
    if (!answer.ended) {
      running.cancel();
      running.resume();
      // What the cancelled statement says is of no interest to whoever turned away.
      await running.done.catch(() => undefined);
    }
  }
}

/** What came of the first result set and was not taken yet. */
class Answer implements AnswerHandler {
  ended = false;
  pause: () => void = () => undefined;
  readonly #batchRows: number;
  readonly #queue: AnswerBatch[] = [];
  #columns: readonly ColumnDefinition[] | undefined;
  #names: readonly string[] = [];
  #current: Row[] = [];
  #first = true;
  #wake: () => void = () => undefined;

  constructor(batchRows: number) {
    this.#batchRows = batchRows;
  }

  columns(found: readonly AnswerColumn[], set: number): void {
    this.#first = set === 1;
    if (!this.#first) return;
    this.#names = found.map(({ colName }, index) => (colName === "" ? `column_${index + 1}` : colName));
    this.#columns = found.map((column, index) => columnDefinition(this.#names[index] ?? "", column));
  }

  row(values: AnswerRow): void {
    if (!this.#first) return;
    this.#current.push(rowOf(this.#names, values));
    if (this.#current.length < this.#batchRows) return;
    this.#queue.push({ columns: this.#columns ?? [], rows: this.#current });
    this.#current = [];
    if (this.#queue.length >= WAITING) this.pause();
    this.#wake();
  }

  end(): void {
    this.ended = true;
    this.#wake();
  }

  /** A full batch, if there is one. */
  next(): AnswerBatch | undefined {
    return this.#queue.shift();
  }

  /** Resolves when there is a full batch, or the answer has ended. */
  more(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      if (this.ended || this.#queue.length > 0) resolve();
    });
  }

  /** The rows behind the last full batch. @param empty also where there are none, so that the columns are known. */
  rest(empty: boolean): AnswerBatch | undefined {
    if (this.#current.length === 0 && (!empty || this.#columns === undefined)) return undefined;
    return { columns: this.#columns ?? [], rows: this.#current };
  }
}

function rowOf(names: readonly string[], values: AnswerRow): Row {
  const row: Row = {};
  for (let i = 0; i < names.length; i++) {
    const name = names[i] ?? "";
    const value = values[i]?.value;
    if (name === "__proto__") Object.defineProperty(row, name, { value, enumerable: true });
    else row[name] = value;
  }
  return row;
}

/** Bit of a column's flags: it may be null. */
const NULLABLE = 1;

function columnDefinition(name: string, column: AnswerColumn): ColumnDefinition {
  const type = readableType({
    name: typeName(column),
    maxLength: column.dataLength ?? 0,
    precision: column.precision ?? 0,
    scale: column.scale ?? 0,
    collation: null,
  });
  return { name, type, ...((column.flags & NULLABLE) === 0 ? { nullable: false } : {}) };
}

const BY_LENGTH: Readonly<Record<string, Readonly<Record<number, string>>>> = {
  IntN: { 1: "tinyint", 2: "smallint", 4: "int", 8: "bigint" },
  FloatN: { 4: "real", 8: "float" },
  MoneyN: { 4: "smallmoney", 8: "money" },
  DateTimeN: { 4: "smalldatetime", 8: "datetime" },
};

/** What the wire calls otherwise than SQL. */
const WIRE_NAMES: Readonly<Record<string, string>> = {
  BitN: "bit",
  DecimalN: "decimal",
  NumericN: "decimal",
  UDT: "varbinary",
};

function typeName({ type, dataLength = 0 }: AnswerColumn): string {
  return BY_LENGTH[type.name]?.[dataLength] ?? WIRE_NAMES[type.name] ?? type.name.toLowerCase();
}
