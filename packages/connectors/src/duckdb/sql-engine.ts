import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { MillraceError, type ColumnDefinition, type ColumnType, type Row } from "@millrace/core";
import type {
  DuckDBConnection,
  DuckDBInstance,
  DuckDBPreparedStatement,
  DuckDBResult,
} from "@duckdb/node-api";
import { loadDriver, type Driver } from "./driver.ts";
import { resultColumn, type ResultColumn } from "./from-duckdb.ts";
import { makeTable, streamOf } from "./named-tables.ts";
import type { ResolvedSqlOptions } from "./options.ts";
import { sqlError } from "./sql-error.ts";
import { SqlTable } from "./sql-table.ts";

/** Rows that a result is handed on in. */
const BATCH_ROWS = 8_192;

/** A part of a result. */
export interface SqlRows {
  readonly rows: Row[];
  /** Types of the columns that have had a value. */
  readonly columns: readonly ColumnDefinition[];
}

/**
 * A DuckDB of its own for one transform, in memory, with temporary files beyond its limit. Once the tables that were named are
 * read, it is locked: no files, no network, no extensions, and nothing of that can be set otherwise.
 */
export class SqlEngine {
  readonly #driver: Driver;
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #folder: string;
  readonly #query: string;
  /** Types of the result's columns that had a value. */
  readonly #typed = new Map<string, ColumnType>();

  private constructor(
    parts: { driver: Driver; instance: DuckDBInstance; connection: DuckDBConnection; folder: string },
    query: string,
  ) {
    this.#driver = parts.driver;
    this.#instance = parts.instance;
    this.#connection = parts.connection;
    this.#folder = parts.folder;
    this.#query = query;
  }

  static async open(query: string, options: ResolvedSqlOptions): Promise<SqlEngine> {
    const driver = await loadDriver();
    const folder = await mkdtemp(join(tmpdir(), "millrace-sql-"));
    const instance = await create(driver, folder, options);
    const connection = await instance.connect();
    const engine = new SqlEngine({ driver, instance, connection, folder }, query);
    try {
      for (const [name, source] of Object.entries(options.tables))
        if (streamOf(source) === undefined) await makeTable(driver, connection, { name, source });
      await connection.run("SET TimeZone = 'UTC'");
      await connection.run("SET enable_external_access = false");
      await connection.run("SET lock_configuration = true");
      await engine.#checkStatement();
      return engine;
    } catch (error) {
      await engine.close();
      throw error;
    }
  }

  /** A table that rows are put into. */
  table(name: string, columns: Readonly<Record<string, string>>): SqlTable {
    return new SqlTable(this.#driver, this.#connection, { name, columns });
  }

  /** Runs the query over the tables as they are. */
  async *run(signal: AbortSignal): AsyncGenerator<SqlRows, void, void> {
    const interrupt = (): void => this.#connection.interrupt();
    if (signal.aborted) throw stopped();
    signal.addEventListener("abort", interrupt);
    try {
      const result = await this.#connection.stream(this.#query);
      const columns = this.#resultColumns(result);
      let rows: Row[] = [];
      for (
        let chunk = await result.fetchChunk();
        (chunk?.rowCount ?? 0) > 0;
        chunk = await result.fetchChunk()
      ) {
        for (const values of chunk?.getRows() ?? []) rows.push(this.#row(columns, values));
        if (rows.length < BATCH_ROWS) continue;
        yield { rows, columns: this.#types() };
        rows = [];
      }
      yield { rows, columns: this.#types() };
    } catch (error) {
      if (signal.aborted)
        throw new MillraceError("MLR_RUN_STOPPED", "sql(): the run was stopped during the query");
      throw sqlError(error, this.#query);
    } finally {
      signal.removeEventListener("abort", interrupt);
    }
  }

  async close(): Promise<void> {
    this.#connection.closeSync();
    this.#instance.closeSync();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** A query is one SELECT; anything else would change what the next batch meets. */
  async #checkStatement(): Promise<void> {
    let statements: Awaited<ReturnType<DuckDBConnection["extractStatements"]>>;
    try {
      statements = await this.#connection.extractStatements(this.#query);
    } catch (error) {
      throw sqlError(error, this.#query);
    }
    if (statements.count !== 1) throw this.#noQuery(`it holds ${statements.count} statements`);
    let prepared: DuckDBPreparedStatement | undefined;
    try {
      prepared = await statements.prepare(0);
    } catch {
      // It names tables and columns that come with the rows; whether it is right shows when it runs.
      if (
        !/^[\s(]*(?:--[^\n]*\n\s*|\/\*[\s\S]*?\*\/\s*)*(?:select|with|from|values|pivot|unpivot)\b/i.test(
          this.#query,
        )
      )
        throw this.#noQuery("it begins with something else than SELECT");
      return;
    }
    const isSelect = prepared.statementType === this.#driver.StatementType.SELECT;
    prepared.destroySync();
    if (!isSelect) throw this.#noQuery("it is no SELECT");
  }

  #noQuery(why: string): MillraceError {
    return new MillraceError("MLR_ARGUMENT_INVALID", `sql() takes one query, and this is none: ${why}`, {
      hint: "Write one SELECT (WITH … SELECT too); several steps are several sql() in a row.",
      details: { query: this.#query },
    });
  }

  #resultColumns(result: DuckDBResult): readonly (ResultColumn & { readonly name: string })[] {
    const names = result.columnNames();
    const twice = names.find((name, index) => names.indexOf(name) !== index);
    if (twice !== undefined) {
      throw new MillraceError("MLR_TRANSFORM_FAILED", `sql(): the result has two columns named "${twice}"`, {
        hint: "Name each column of a join once: leave one out with EXCLUDE, or rename it with AS.",
        details: { column: twice },
      });
    }
    return names.map((name, index) => ({ name, ...resultColumn(this.#driver, result.columnType(index)) }));
  }

  #row(
    columns: readonly (ResultColumn & { readonly name: string })[],
    values: readonly Parameters<ResultColumn["value"]>[0][],
  ): Row {
    const row: Row = {};
    for (const [index, column] of columns.entries()) {
      const value = values[index] ?? null;
      row[column.name] = value === null ? null : column.value(value);
      if (value !== null && this.#typed.get(column.name) !== column.type)
        this.#typed.set(column.name, column.type);
    }
    return row;
  }

  #types(): readonly ColumnDefinition[] {
    return [...this.#typed].map(([name, type]) => ({ name, type }));
  }
}

function stopped(): MillraceError {
  return new MillraceError("MLR_RUN_STOPPED", "sql(): the run was stopped during the query");
}

async function create(
  driver: Driver,
  folder: string,
  { memory, threads }: ResolvedSqlOptions,
): Promise<DuckDBInstance> {
  try {
    return await driver.DuckDBInstance.create(":memory:", {
      memory_limit: memory,
      threads: String(threads),
      temp_directory: folder,
      autoinstall_known_extensions: "false",
      autoload_known_extensions: "false",
    });
  } catch (cause) {
    await rm(folder, { recursive: true, force: true });
    const said = cause instanceof Error ? cause.message : String(cause);
    throw new MillraceError("MLR_TRANSFORM_FAILED", `sql(): DuckDB could not be started: ${said}`, {
      hint: "Check the options memory and threads.",
      cause,
    });
  }
}
