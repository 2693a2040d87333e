import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Clock, systemClock } from "@millrace/core";
import { type ControlStore, openControl } from "@millrace/platform";
import { startTestPostgres, type TestPostgres } from "@millrace/platform/testing";
import pg from "pg";
import { PUBLIC_ROLE } from "../../src/data/exposure/data-policy.ts";
import type { Relation } from "../../src/data/exposure/relation.ts";
import { createDataServer, type CreateDataServerOptions } from "../../src/data/server/create-data-server.ts";
import type { DataServer } from "../../src/data/server/data-server.ts";
import { type DataService, openDataService } from "../../src/data/server/data-service.ts";

/** What an answer of the data API is. */
export interface DataAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | number | undefined>>;
  readonly text: string;
  /** Parsed, where it is JSON. */
  readonly body: DataBody;
}

/** What the answers of all routes have. */
export interface DataBody {
  readonly items: readonly Readonly<Record<string, unknown>>[];
  readonly next: string | null;
  readonly count?: number;
  readonly code?: string;
  readonly message?: string;
  readonly hint?: string;
}

/** How a table is exposed in a test. */
export interface Exposing {
  readonly columns?: readonly string[];
  readonly relations?: readonly Relation[];
  readonly role?: string;
  readonly rows?: unknown;
  readonly roleColumns?: readonly string[];
}

/** A control database, a database with tables, and the data API over both. */
export interface DataBed {
  readonly server: DataServer;
  readonly service: DataService;
  readonly control: ControlStore;
  /** A connection to the tables that may write. */
  readonly tables: pg.Client;
  readonly postgres: TestPostgres;
  /** Failures that were logged. */
  readonly logged: readonly { readonly fields: object; readonly message: string }[];
  /** @param url without `/data` */
  get(url: string, headers?: Readonly<Record<string, string>>): Promise<DataAnswer>;
  /** Exposes a table of schema public, to everybody unless a role is named. */
  expose(table: string, how?: Exposing): Promise<void>;
  /** Makes a key, and gives the headers that show it. */
  key(
    role: string,
    expiresAt?: Date,
  ): Promise<{ readonly id: string; readonly headers: { readonly authorization: string } }>;
  /** Makes everything that is believed for a while be read anew. */
  later(): void;
  close(): Promise<void>;
}

/** What a destination keeps about tables and pipelines. */
const RECORDS = `
CREATE SCHEMA millrace;
CREATE TABLE millrace.pipelines (pipeline text PRIMARY KEY, attempt bigint NOT NULL DEFAULT 1, last_commit bigint NOT NULL DEFAULT 0,
  updated_at timestamptz NOT NULL DEFAULT now());
CREATE TABLE millrace.tables (table_schema text NOT NULL, table_name text NOT NULL, pipeline text NOT NULL, mode text NOT NULL, definition jsonb NOT NULL,
  PRIMARY KEY (table_schema, table_name, pipeline));`;

export async function openDataBed(
  setup: string,
  options: {
    readonly statementMs?: number;
    readonly origins?: readonly string[];
    readonly more?: CreateDataServerOptions["more"];
  } = {},
): Promise<DataBed> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-data-"));
  const postgres = await startTestPostgres();
  const control = await openControl(await postgres.createDatabase(), { fallbackDirectory: folder });
  const url = await postgres.createDatabase();
  const tables = new pg.Client({ connectionString: url });
  await tables.connect();
  await tables.query(RECORDS);
  await tables.query(setup);
  const logged: { fields: object; message: string }[] = [];
  let ahead = 0;
  const clock: Clock = { ...systemClock, monotonic: () => systemClock.monotonic() + ahead };
  const service = await openDataService({
    pool: control.pool,
    url,
    clock,
    statementMs: options.statementMs,
    rates: { key: 1e9, address: 1e9 },
  });
  const server = await createDataServer({
    service,
    origins: options.origins,
    more: options.more,
    logger: { error: (fields, message) => void logged.push({ fields, message }), warn: () => undefined },
  });
  const later = (): void => void (ahead += 5_000);
  return {
    server,
    service,
    control,
    tables,
    postgres,
    logged,
    later,
    async get(path, headers = {}) {
      const answer = await server.inject({ method: "GET", url: `/data${path}`, headers: { ...headers } });
      const json = (answer.headers["content-type"] ?? "").includes("application/json");
      return {
        status: answer.statusCode,
        headers: answer.headers,
        text: answer.body,
        body: (json ? JSON.parse(answer.body) : { items: [], next: null }) as DataBody,
      };
    },
    async expose(table, { columns, relations, role = PUBLIC_ROLE, rows, roleColumns } = {}) {
      await service.exposures.put({
        name: table,
        namespace: "public",
        table,
        columns,
        relations,
        by: "test",
      });
      await service.exposures.allow({ role, table, rows, columns: roleColumns, by: "test" });
      later();
    },
    async key(role, expiresAt) {
      const { key, secret } = await service.keys.create({
        name: "test",
        role,
        expiresAt: expiresAt ?? null,
        by: "test",
      });
      return { id: key.id, headers: { authorization: `Bearer ${secret}` } };
    },
    async close() {
      await server.close();
      await service.close();
      await tables.end();
      await control.close();
      await postgres.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
