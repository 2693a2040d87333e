import {
  MillraceError,
  parseOptions,
  type Batch,
  type ColumnDefinition,
  type Transform,
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
  const sides = new Map(
    Object.entries(options.tables).flatMap(([name, source]) => {
      const side = streamOf(source);
      return side === undefined ? [] : [[side.stream, { name, columns: side.columns ?? {} }] as const];
    }),
  );
  let main: { readonly stream: string; readonly table: SqlTable } | undefined;
  const gathered = new Map<string, SqlTable>();
  const isMain = (stream: string): boolean =>
    !sides.has(stream) && (options.stream === undefined || options.stream === stream);
  const forget = (): void => {
    main = undefined;
    gathered.clear();
  };
  return {
    kind: "sql",
    holds: "epoch",
    async apply(batch) {
      const { stream, rows, columns } = batch;
      const side = sides.get(stream);
      if (side === undefined && !isMain(stream)) return batch;
      refuseChildren(batch);
      const engine = await opened.get();
      if (side !== undefined) {
        const table = gathered.get(stream) ?? engine.table(side.name, side.columns);
        gathered.set(stream, table);
        await table.append(rows, columns);
        return [];
      }
      if (main !== undefined && main.stream !== stream) throw twoStreams(main.stream, stream);
      main ??= { stream, table: engine.table(BATCH, options.columns) };
      await main.table.append(rows, columns);
      return [];
    },
    async flush({ signal }) {
      if (main?.table.known !== true) {
        await opened.close();
        forget();
        return [];
      }
      const engine = await opened.get();
      for (const [stream, { name, columns }] of sides)
        if (!gathered.has(stream)) await engine.table(name, columns).append([]);
      const batches: Batch[] = [];
      for await (const { rows, columns } of engine.run(signal))
        batches.push(result(options, { rows, columns, from: { stream: main.stream, rows: [] } }));
      // What was gathered is of no more use: the next reading begins with nothing.
      await opened.close();
      forget();
      return batches;
    },
    async close() {
      forget();
      await opened.close();
    },
  };
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
