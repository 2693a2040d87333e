import { availableParallelism } from "node:os";
import type { DatabaseAccess } from "./database/database-access.ts";
import { MillraceError } from "./errors.ts";
import type { Row } from "./row.ts";
import { failRow, type RowFailureOptions } from "./row-failure.ts";
import type { Batch, Transform, TransformContext } from "./transform.ts";

/** What a function on a row may return: a row, several, or none; a promise of these where it is async. */
export type RowResult = Row | readonly Row[] | null | undefined | void;

/**
 * A function on a row. The row must not be changed: return a new one, as in `({ ...row, total: row.a + row.b })`.
 * Databases are reached through the second argument: `(await context.database("crm")).query(…)`.
 * Written as a method's type, so that a function may say more of its parameter than that it is a `Row`.
 */
export type RowFunction = {
  call(row: Row, context: DatabaseAccess): RowResult | Promise<RowResult>;
}["call"];

/** How `mapRows` works. */
export interface MapRowsOptions extends RowFailureOptions {
  /** How many async calls may be under way at once; the order of the rows is kept. Default 8. */
  readonly concurrency?: number;
  /** A word for messages. Default `map`. */
  readonly kind?: string;
}

const DEFAULT_CONCURRENCY = Math.max(8, availableParallelism());

/**
 * A transform that calls a function for each row. A function that throws fails the run with MLR_TRANSFORM_FAILED,
 * naming the row, or with `onError: "reject"` sends the row to the quarantine; so does a function that throws an
 * MLR_ROW_ error such as `new MillraceError("MLR_ROW_INVALID", "no price")`.
 */
export function mapRows(fn: RowFunction, options: MapRowsOptions = {}): Transform {
  const {
    concurrency = DEFAULT_CONCURRENCY,
    onError = "fail",
    kind = fn.name === "" ? "map" : `map ${fn.name}`,
  } = options;
  if (!Number.isInteger(concurrency) || concurrency < 1) {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `map(): option "concurrency" is ${concurrency}, but has to be a whole number from 1 up`,
    );
  }
  return {
    kind,
    holds: "nothing",
    apply(batch, context) {
      const work: Work = { fn, kind, onError, batch, context, out: new RowCollector(batch) };
      const { rows } = batch;
      for (let i = 0; i < rows.length; i++) {
        const result = call(work, i);
        if (result instanceof Promise) return finishAsync(work, { from: i, first: result, concurrency });
        accept(work, i, result);
      }
      return work.out.batch();
    },
  };
}

interface Work {
  readonly fn: RowFunction;
  readonly kind: string;
  readonly onError: "fail" | "reject";
  readonly batch: Batch;
  readonly context: TransformContext;
  readonly out: RowCollector;
}

const FAILED = Symbol("failed");

function call(work: Work, index: number): RowResult | Promise<RowResult | typeof FAILED> | typeof FAILED {
  try {
    const result = work.fn(work.batch.rows[index] as Row, work.context);
    if (!(result instanceof Promise)) return result;
    const settled: Promise<RowResult | typeof FAILED> = result.catch((error: unknown) =>
      failed(work, index, error),
    );
    // It is awaited in its turn; until then a failure must not count as unhandled.
    settled.catch(() => undefined);
    return settled;
  } catch (error) {
    return failed(work, index, error);
  }
}

function failed(work: Work, index: number, error: unknown): typeof FAILED {
  const row = work.batch.rows[index] as Row;
  failRow({
    kind: work.kind,
    stream: work.batch.stream,
    row,
    error,
    onError: work.onError,
    context: work.context,
  });
  return FAILED;
}

function accept(work: Work, index: number, result: RowResult | typeof FAILED): void {
  if (result === FAILED || result === null || result === undefined) return;
  if (Array.isArray(result)) for (const row of result as readonly unknown[]) acceptRow(work, index, row);
  else acceptRow(work, index, result);
}

function acceptRow(work: Work, index: number, row: unknown): void {
  if (typeof row === "object" && row !== null && !Array.isArray(row)) return work.out.push(row as Row, index);
  failed(
    work,
    index,
    new TypeError(
      `it returned ${describe(row)}; return a row, an array of rows, or null to leave the row out`,
    ),
  );
}

function describe(value: unknown): string {
  if (value === null || value === undefined) return `an array that holds ${value}`;
  return Array.isArray(value) ? "an array inside an array" : `a ${typeof value}`;
}

/** Keeps up to `concurrency` calls under way; results are taken in the order of the rows. */
async function finishAsync(
  work: Work,
  start: { from: number; first: Promise<RowResult | typeof FAILED>; concurrency: number },
): Promise<Batch> {
  const { rows } = work.batch;
  const inFlight: (RowResult | Promise<RowResult | typeof FAILED> | typeof FAILED)[] = [start.first];
  let next = start.from + 1;
  try {
    for (let index = start.from; index < rows.length; index++) {
      while (next < rows.length && inFlight.length < start.concurrency && !work.context.signal.aborted) {
        inFlight.push(call(work, next++));
      }
      if (inFlight.length === 0) {
        throw new MillraceError(
          "MLR_RUN_STOPPED",
          `transform ${work.kind} was stopped at stream "${work.batch.stream}"`,
        );
      }
      accept(work, index, await inFlight.shift());
    }
  } finally {
    // One failure ends the batch; those still under way must not become unhandled rejections.
    await Promise.allSettled(inFlight.filter((each) => each instanceof Promise));
  }
  return work.out.batch();
}

/** Gathers the rows that a transform lets out, and for each its index in the source's message. */
export class RowCollector {
  readonly #from: Batch;
  readonly #rows: Row[] = [];
  /** Made only once the rows are no longer those of the batch one by one. */
  #at: number[] | undefined;

  constructor(from: Batch) {
    this.#from = from;
  }

  /** @param index of the row in the incoming batch that this one was made of. Indexes never fall. */
  push(row: Row, index: number): void {
    if (this.#at === undefined && index !== this.#rows.length)
      this.#at = this.#indexesBefore(this.#rows.length);
    this.#at?.push(this.#from.at?.[index] ?? index);
    this.#rows.push(row);
  }

  /** The batch with the rows gathered in place of its own. */
  batch(): Batch {
    if (this.#at === undefined && this.#rows.length === this.#from.rows.length)
      return { ...this.#from, rows: this.#rows };
    return { ...this.#from, rows: this.#rows, at: this.#at ?? this.#indexesBefore(this.#rows.length) };
  }

  #indexesBefore(count: number): number[] {
    return Array.from({ length: count }, (_, index) => this.#from.at?.[index] ?? index);
  }
}
