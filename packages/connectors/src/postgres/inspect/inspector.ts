import {
  MillraceError,
  type BrowsedPage,
  type BrowseQuery,
  type Inspector,
  type PipelineState,
  type RefusedPage,
  type RefusedQuery,
  type RowChange,
  type RowVersion,
  type RunPair,
  type TableSize,
  type VerifyResult,
} from "@millrace/core";
import type { Client, PoolClient } from "pg";
import { postgresError } from "../errors.ts";
import { browseTable } from "./browse/browse-table.ts";
import { knownTables } from "./browse/refused-tables.ts";
import { refusedRows } from "./browse/refused-rows.ts";
import { tableSizes } from "./browse/table-sizes.ts";
import { tableChanges } from "./changes.ts";
import { rowHistory } from "./history.ts";
import { pipelineState, resetPipelineState } from "./state.ts";
import { verifyTable } from "./verify.ts";

export interface InspectorOptions {
  /** A connected client that the inspector has for itself. */
  readonly client: Client | PoolClient;
  /** Gives the client back or ends it. */
  readonly release: () => Promise<void>;
  /** Where the database is, without secrets, for messages. */
  readonly location: string;
}

/** Settings that keys and times are read under, whatever the server's or the user's own are. */
const SETTINGS =
  "SET timezone TO 'UTC'; SET datestyle TO 'ISO, YMD'; SET intervalstyle TO 'iso_8601'; SET bytea_output TO 'hex'; SET extra_float_digits TO 1";

/** Reads what a PostgreSQL database holds. Calls on one inspector run one after another. */
export class PostgresInspector implements Inspector {
  readonly #options: InspectorOptions;
  /** Ends when the call before has ended, however it did. */
  #last: Promise<unknown> = Promise.resolve();
  #prepared = false;
  #closed = false;

  constructor(options: InspectorOptions) {
    this.#options = options;
  }

  tables(): ReturnType<Inspector["tables"]> {
    return this.#inTurn("listing the tables", async ({ client }) => {
      const entries = await knownTables(client);
      return entries.map(({ namespace, name, pipeline, mode }) => ({
        table: namespace === "public" ? name : `${namespace}.${name}`,
        pipeline,
        mode,
      }));
    });
  }

  sizes(): Promise<ReadonlyMap<string, TableSize>> {
    return this.#inTurn("reading the sizes of tables", ({ client }) => tableSizes(client));
  }

  history(table: string, key: Readonly<Record<string, string>>): Promise<readonly RowVersion[]> {
    return this.#inTurn(`reading the history of table "${table}"`, ({ client }) =>
      rowHistory(client, table, key),
    );
  }

  async *changes(table: string, between: RunPair): AsyncGenerator<RowChange> {
    const turn = Promise.withResolvers<void>();
    const before = this.#last;
    this.#last = before.then(() => turn.promise);
    try {
      await before;
      await this.#prepare();
      yield* tableChanges(this.#options.client, table, between);
    } catch (error) {
      throw postgresError(error, `comparing runs of table "${table}" in ${this.#options.location}`);
    } finally {
      turn.resolve();
    }
  }

  browse(table: string, query: BrowseQuery): Promise<BrowsedPage> {
    return this.#inTurn(`reading table "${table}"`, ({ client }) => browseTable(client, table, query));
  }

  refused(table: string, query: RefusedQuery): Promise<RefusedPage> {
    return this.#inTurn(`reading the quarantine of table "${table}"`, ({ client }) =>
      refusedRows(client, table, query),
    );
  }

  verify(table: string): Promise<VerifyResult> {
    return this.#inTurn(`verifying table "${table}"`, ({ client }) => verifyTable(client, table));
  }

  state(pipeline: string): Promise<PipelineState | undefined> {
    return this.#inTurn(`reading the state of pipeline "${pipeline}"`, ({ client }) =>
      pipelineState(client, pipeline),
    );
  }

  resetState(pipeline: string): Promise<void> {
    return this.#inTurn(`resetting pipeline "${pipeline}"`, ({ client }) =>
      resetPipelineState(client, pipeline),
    );
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await this.#last;
    await this.#options.release();
  }

  async #prepare(): Promise<void> {
    if (this.#prepared) return;
    await this.#options.client.query(SETTINGS);
    this.#prepared = true;
  }

  /** A client answers one COPY at a time. */
  #inTurn<T>(what: string, work: (options: InspectorOptions) => Promise<T>): Promise<T> {
    if (this.#closed) {
      return Promise.reject(new MillraceError("MLR_INTERNAL", `${what}: the inspector is closed`));
    }
    const before = this.#last;
    const turn = (async () => {
      try {
        await before;
        await this.#prepare();
        return await work(this.#options);
      } catch (error) {
        throw postgresError(error, `${what} in ${this.#options.location}`);
      }
    })();
    this.#last = turn.catch(() => undefined);
    return turn;
  }
}
