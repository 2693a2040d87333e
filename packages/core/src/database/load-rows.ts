import { MillraceError } from "../errors.ts";
import type { Row } from "../row.ts";
import type { LoadOptions } from "./database.ts";

/** Rows that a bulk load is to take, with the columns that they fill. */
export interface RowsToLoad {
  /** In their order; empty where there is no row and no column was named. */
  readonly columns: readonly string[];
  /** Each row is checked when it is taken. */
  readonly rows: AsyncIterable<Row>;
}

/**
 * For connectors: settles which columns a load fills, by its options or the first row. Taking a row fails with
 * MLR_ARGUMENT_INVALID where no columns were named and it has one that the first row has not, which would be lost, and
 * with MLR_RUN_STOPPED once the signal is aborted.
 */
export async function rowsToLoad(
  rows: Iterable<Row> | AsyncIterable<Row>,
  options: LoadOptions,
): Promise<RowsToLoad> {
  const iterator = iteratorOf(rows);
  if (options.columns !== undefined) {
    return {
      columns: options.columns,
      rows: checked({ iterator, options, known: undefined, first: undefined }),
    };
  }
  const first = await iterator.next();
  const columns = first.done === true ? [] : Object.keys(first.value);
  return { columns, rows: checked({ iterator, options, known: new Set(columns), first }) };
}

function iteratorOf(rows: Iterable<Row> | AsyncIterable<Row>): Iterator<Row> | AsyncIterator<Row> {
  return Symbol.asyncIterator in rows ? rows[Symbol.asyncIterator]() : rows[Symbol.iterator]();
}

async function* checked(of: {
  readonly iterator: Iterator<Row> | AsyncIterator<Row>;
  readonly options: LoadOptions;
  readonly known: ReadonlySet<string> | undefined;
  readonly first: IteratorResult<Row> | undefined;
}): AsyncGenerator<Row> {
  const { iterator, options, known } = of;
  let over = false;
  try {
    for (let next = of.first ?? (await iterator.next()); ; next = await iterator.next()) {
      if (next.done === true) {
        over = true;
        return;
      }
      if (options.signal?.aborted === true) throw stopped(options);
      if (known !== undefined) refuseUnknown(next.value, known, options);
      yield next.value;
    }
  } finally {
    if (!over) await iterator.return?.();
  }
}

function refuseUnknown(row: Row, known: ReadonlySet<string>, { table }: LoadOptions): void {
  for (const name in row) {
    if (known.has(name)) continue;
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `loading into table "${table}": a row has "${name}", which the first row has not`,
      { hint: "Name the columns that are to be filled: load(rows, { table, columns: [ … ] })." },
    );
  }
}

function stopped({ table }: LoadOptions): MillraceError {
  return new MillraceError("MLR_RUN_STOPPED", `loading into table "${table}" was stopped`);
}
