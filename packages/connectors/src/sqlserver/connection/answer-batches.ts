import type { ColumnDefinition, Row } from "@millrace/core";
import { readableType } from "../dialect/sql-types.ts";
import type { AnswerColumn, AnswerRow, Connection, Statement } from "./connection.ts";

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
  const queue: AnswerBatch[] = [];
  let wake: () => void = () => undefined;
  let columns: readonly ColumnDefinition[] | undefined;
  let names: readonly string[] = [];
  let current: Row[] = [];
  let first = true;
  let ended = false;
  const running = connection.run(statement, {
    columns: (found, set) => {
      first = set === 1;
      if (!first) return;
      names = found.map(({ colName }, index) => (colName === "" ? `column_${index + 1}` : colName));
      columns = found.map((column, index) => columnDefinition(names[index] ?? "", column));
    },
    row: (values) => {
      if (!first) return;
      current.push(rowOf(names, values));
      if (current.length < statement.batchRows) return;
      queue.push({ columns: columns ?? [], rows: current });
      current = [];
      if (queue.length >= WAITING) running.pause();
      wake();
    },
  });
  const end = (): void => {
    ended = true;
    wake();
  };
  running.done.then(end, end);
  let given = false;
  try {
    while (!ended || queue.length > 0) {
      const batch = queue.shift();
      if (batch === undefined) {
        running.resume();
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (ended || queue.length > 0) resolve();
        });
        continue;
      }
      given = true;
      yield batch;
    }
    const rows = await running.done;
    if (current.length > 0 || (!given && columns !== undefined))
      yield { columns: columns ?? [], rows: current };
    return rows;
  } finally {
    if (!ended) {
      running.cancel();
      running.resume();
      // What the cancelled statement says is of no interest to whoever turned away.
      await running.done.catch(() => undefined);
    }
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
