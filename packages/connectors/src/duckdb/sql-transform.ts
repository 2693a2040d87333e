import {
  MillraceError,
  parseOptions,
  type Batch,
  type ColumnDefinition,
  type Transform,
  type TransformContext,
} from "@millrace/core";
import { streamOf } from "./named-tables.ts";
import { sqlOptions, type ResolvedSqlOptions, type SqlOptions } from "./options.ts";
import type { SqlEngine } from "./sql-engine.ts";
import type { SqlTable } from "./sql-table.ts";

/** The table that the query finds the rows in. */
const BATCH = "batch";

/** What `sql()` does. */
export function createSqlTransform(query: string, given: SqlOptions): Transform {
  const options = parseOptions(sqlOptions, given, "sql()");
  if (query.trim() === "") throw new MillraceError("MLR_ARGUMENT_INVALID", "sql(): the query is empty");
  if (Object.keys(options.tables).some((name) => name.toLowerCase() === BATCH))
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      `sql(): "${BATCH}" is the name of the rows, no table can have it`,
    );
  const gathered = Object.values(options.tables).some((source) => streamOf(source) !== undefined);
  if (gathered && options.over === "batch") {
    throw new MillraceError(
      "MLR_ARGUMENT_INVALID",
      "sql(): a table of a stream is only whole at the end of a reading",
      {
        hint: 'Say over: "epoch".',
      },
    );
  }
  return options.over === "batch" ? overBatches(query, options) : overEpochs(query, options);
}

function overBatches(query: string, options: ResolvedSqlOptions): Transform {
  const opened = engines(query, options);
  const tables = new Map<string, SqlTable>();
  return {
    kind: "sql",
    holds: "nothing",
    async apply(batch, { signal }) {
      if (batch.rows.length === 0 || (options.stream !== undefined && batch.stream !== options.stream))
        return batch;
      const engine = await opened.get();
      const table = tables.get(batch.stream) ?? engine.table(BATCH, options.columns);
      // Streams take turns in the one table: each has columns of its own.
      if (!tables.has(batch.stream)) tables.clear();
      tables.set(batch.stream, table);
      await table.clear();
      await table.append(batch.rows, batch.columns);
      const batches: Batch[] = [];
      for await (const { rows, columns } of engine.run(signal))
        batches.push(result(options, { rows, columns, from: batch }));
      return batches;
    },
    async close() {
      tables.clear();
      await opened.close();
    },
  };
}

function overEpochs(query: string, options: ResolvedSqlOptions): Transform {
  const opened = engines(query, options);
  const gathering = new Gathering(options);
  const restart = async (): Promise<void> => {
    gathering.forget();
    await opened.close();
  };
  return {
    kind: "sql",
    holds: "epoch",
    async apply(batch) {
      if (!gathering.takes(batch.stream)) return batch;
      refuseChildren(batch);
      await gathering.take(await opened.get(), batch);
      return gathering.isSide(batch.stream) ? batch : [];
    },
    async flush({ signal, reading }) {
      const batches: Batch[] = [];
      if (!(await gathering.isDue(reading))) return batches;
      const { stream } = gathering;
      if (stream !== undefined) {
        const engine = await opened.get();
        await gathering.complete(engine);
        for await (const { rows, columns } of engine.run(signal))
          batches.push(result(options, { rows, columns, from: { stream, rows: [] } }));
      }
      // What was gathered is of no more use: the next reading begins with nothing.
      await restart();
      return batches;
    },
    close: restart,
  };
}

/** The rows of a reading, in tables of the engine. */
class Gathering {
  readonly #options: ResolvedSqlOptions;
  /** Streams that are tables to join with. */
  readonly #sides: ReadonlyMap<
    string,
    { readonly name: string; readonly columns: Readonly<Record<string, string>> }
  >;
  readonly #tables = new Map<string, SqlTable>();
  readonly #complete = new Set<string>();
  #main: string | undefined;

  constructor(options: ResolvedSqlOptions) {
    this.#options = options;
    this.#sides = new Map(
      Object.entries(options.tables).flatMap(([name, source]) => {
        const side = streamOf(source);
        return side === undefined ? [] : [[side.stream, { name, columns: side.columns ?? {} }] as const];
      }),
    );
  }

  /** The stream that `batch` holds the rows of; undefined while there are none. */
  get stream(): string | undefined {
    return this.#main !== undefined && this.#tables.get(this.#main)?.known === true ? this.#main : undefined;
  }

  /** A table to join with: its rows go on as well. */
  isSide(stream: string): boolean {
    return this.#sides.has(stream);
  }

  /** Whether the query is to run now: when the reading of `batch` completes, or the source ends. */
  async isDue(reading: TransformContext["reading"]): Promise<boolean> {
    if (reading === undefined) return true;
    const { stream, event } = reading;
    if (this.#sides.has(stream)) {
      if (event === "completes") this.#complete.add(stream);
      // Begun again, it is read again from its start.
      else await this.#tables.get(stream)?.clear();
      return false;
    }
    if (stream !== this.#main) return false;
    const missing = [...this.#sides.keys()].find((side) => !this.#complete.has(side));
    if (missing === undefined || event === "begins") return true;
    throw new MillraceError(
      "MLR_TRANSFORM_FAILED",
      `sql({ over: "epoch" }): stream "${stream}" is complete, and stream "${missing}", which it is joined with, is not`,
      {
        hint: `The source has to send "${missing}" whole before "${stream}" ends. Or join in the database, once both are there.`,
      },
    );
  }

  takes(stream: string): boolean {
    return this.#sides.has(stream) || this.#options.stream === undefined || this.#options.stream === stream;
  }

  async take(engine: SqlEngine, { stream, rows, columns }: Batch): Promise<void> {
    const side = this.#sides.get(stream);
    if (side === undefined) {
      if (this.#main !== undefined && this.#main !== stream) throw twoStreams(this.#main, stream);
      this.#main = stream;
    }
    const table =
      this.#tables.get(stream) ??
      engine.table(side?.name ?? BATCH, side === undefined ? this.#options.columns : side.columns);
    this.#tables.set(stream, table);
    await table.append(rows, columns);
  }

  /** Streams that brought no rows are empty tables, where their columns are declared. */
  async complete(engine: SqlEngine): Promise<void> {
    for (const [stream, { name, columns }] of this.#sides)
      if (!this.#tables.has(stream)) await engine.table(name, columns).append([]);
  }

  forget(): void {
    this.#main = undefined;
    this.#tables.clear();
    this.#complete.clear();
  }
}

/** Opens the engine when it is first needed, and again after it was closed. */
function engines(
  query: string,
  options: ResolvedSqlOptions,
): { get(): Promise<SqlEngine>; close(): Promise<void> } {
  let engine: Promise<SqlEngine> | undefined;
  return {
    get: () => (engine ??= import("./sql-engine.ts").then(({ SqlEngine }) => SqlEngine.open(query, options))),
    async close() {
      const open = engine;
      engine = undefined;
      // One that could not be opened has nothing to close.
      await (await open?.catch(() => undefined))?.close();
    },
  };
}

function result(
  { output, key }: ResolvedSqlOptions,
  own: { readonly rows: Batch["rows"]; readonly columns: readonly ColumnDefinition[]; readonly from: Batch },
): Batch {
  const { rows, columns, from } = own;
  return {
    stream: output ?? from.stream,
    rows,
    // A row of a result comes from no row of the source in particular.
    at: new Int32Array(rows.length).fill(-1),
    columns,
    ...(key === undefined ? {} : { key }),
    ...(from.parents === undefined || output !== undefined ? {} : { parents: from.parents }),
  };
}

function refuseChildren({ stream, parents }: Batch): void {
  if (parents === undefined) return;
  throw new MillraceError(
    "MLR_TRANSFORM_FAILED",
    `sql({ over: "epoch" }) cannot hold the child stream "${stream}"`,
    {
      hint: "Put sql before unnest, or name the stream it is for with the option stream.",
    },
  );
}

function twoStreams(first: string, second: string): MillraceError {
  return new MillraceError(
    "MLR_TRANSFORM_FAILED",
    `sql({ over: "epoch" }) got rows of two streams, "${first}" and "${second}"`,
    {
      hint: `Say which one is "batch" with the option stream, and name others in tables: { ${second}: { stream: "${second}" } }.`,
    },
  );
}
