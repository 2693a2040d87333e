import { randomBytes } from "node:crypto";
import { type Clock, systemClock } from "@millrace/core";
import type pg from "pg";
import { DataCatalog } from "../exposure/data-catalog.ts";
import { Exposures } from "../exposure/exposures.ts";
import { CallerBook } from "../keys/caller-book.ts";
import { DataKeys } from "../keys/data-keys.ts";
import { type DataRates, RateBook } from "../keys/rate-book.ts";
import { UsageBook } from "../keys/usage-book.ts";
import { Cursors } from "../query/cursors.ts";
import { AnswerCache } from "../rows/answer-cache.ts";
import { DataReader } from "../rows/data-reader.ts";
import { TableVersions } from "../rows/table-versions.ts";

/** What the data API works with. */
export interface DataServiceOptions {
  /** Connections to the control database. Who opens them closes them. */
  readonly pool: pg.Pool;
  /** Connection URL of the database with the tables, or of a read replica of it. */
  readonly url: string;
  /** Connections that the requests of one role may have. Default 8. */
  readonly connections?: number | undefined;
  /** Milliseconds after which a statement is ended. Default 30,000. */
  readonly statementMs?: number | undefined;
  /** Requests that are answered in a minute. */
  readonly rates?: Partial<DataRates> | undefined;
  /** Bytes of answers that are kept; 0: none. Default 64 MiB. */
  readonly cacheBytes?: number | undefined;
  readonly clock?: Clock | undefined;
}

/** The parts of the data API, which REST and GraphQL share. */
export interface DataService {
  readonly exposures: Exposures;
  readonly keys: DataKeys;
  readonly callers: CallerBook;
  readonly catalog: DataCatalog;
  readonly reader: DataReader;
  readonly cursors: Cursors;
  readonly versions: TableVersions;
  readonly cache: AnswerCache;
  readonly rates: RateBook;
  readonly usage: UsageBook;
  readonly clock: Clock;
  /** Writes down what was used, and ends the connections. Idempotent. */
  close(): Promise<void>;
}

const CACHE_BYTES = 64 * 1024 * 1024;

/** Opens the parts of the data API. Connects to the tables' database when the first request comes. */
export async function openDataService(options: DataServiceOptions): Promise<DataService> {
  const { pool, clock = systemClock } = options;
  const cursors = new Cursors(await cursorSecret(pool));
  const reader = new DataReader(options);
  const exposures = new Exposures(pool, clock);
  const keys = new DataKeys(pool, clock);
  const usage = new UsageBook(pool, clock);
  return {
    exposures,
    keys,
    callers: new CallerBook(keys, clock),
    catalog: new DataCatalog({ exposures, database: reader.service, clock }),
    reader,
    cursors,
    versions: new TableVersions(reader.service, clock),
    cache: new AnswerCache(options.cacheBytes ?? CACHE_BYTES),
    rates: new RateBook(options.rates ?? {}, clock),
    usage,
    clock,
    async close() {
      await usage.close();
      await reader.close();
    },
  };
}

/** What cursors are sealed with: made by the first server that needs it, and the same for all. */
async function cursorSecret(pool: pg.Pool): Promise<Buffer> {
  await pool.query(
    "INSERT INTO millrace_control.data_secrets (name, value) VALUES ('cursor', $1) ON CONFLICT DO NOTHING",
    [randomBytes(32)],
  );
  const { rows } = await pool.query<{ value: Buffer }>(
    "SELECT value FROM millrace_control.data_secrets WHERE name = 'cursor'",
  );
  // It was there after the statement before, and is never deleted.
  return (rows[0] as { value: Buffer }).value;
}
