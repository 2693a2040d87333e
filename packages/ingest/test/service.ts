import { createHash, randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetBody } from "@millrace/connectors/parquet";
import { postgres } from "@millrace/connectors/postgres";
import { pushed } from "@millrace/connectors/pushed";
import { describePushed, pipeline, type QualityRule, type TableOptions } from "@millrace/core";
import { type OpenedIngest, openIngest, type OpenIngest } from "@millrace/ingest";
import { type ControlStore, openControl, openLogs } from "@millrace/platform";
import { startTestPostgres, type TestPostgres } from "@millrace/platform/testing";
import pg from "pg";
import { Gate } from "./gate.ts";

/** A service with a database of its own, for tests. */
export interface TestService {
  readonly ingest: OpenedIngest;
  /** What it was opened with, for a second one. */
  readonly given: OpenIngest;
  readonly control: ControlStore;
  readonly url: string;
  /** Deleted when it is closed. */
  readonly folder: string;
  /** Of the database in which rows land. */
  readonly database: string;
  readonly server: TestPostgres;
  /** The way that the service takes to where rows land. */
  readonly gate: Gate;
  /** A token for all streams. */
  readonly all: string;
  /** A token for streams. */
  token(...streams: string[]): Promise<string>;
  query<R extends pg.QueryResultRow = pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<R[]>;
  /** Sends a body to a stream. */
  push(stream: string, body: string | Uint8Array, headers?: Record<string, string>): Promise<Pushed>;
  close(): Promise<void>;
}

/** An answer, read. */
export interface Pushed {
  readonly status: number;
  readonly headers: Headers;
  // oxlint-disable-next-line typescript/no-explicit-any -- tests look at whatever comes
  readonly body: any;
}

/** A stream of a test's project. */
export interface TestStream {
  readonly table?: Omit<TableOptions, "name">;
  readonly columns?: Readonly<Record<string, string>>;
  readonly quality?: readonly QualityRule[];
}

/** Opens a service with these streams, each landing in a table of its name. */
export async function openService(
  streams: Readonly<Record<string, TestStream>>,
  options: Partial<OpenIngest> = {},
): Promise<TestService> {
  const folder = await mkdtemp(join(tmpdir(), "millrace-ingest-"));
  const server = await startTestPostgres();
  const database = await server.createDatabase();
  const control = await openControl(await server.createDatabase(), {
    fallbackDirectory: join(folder, "fallback"),
  });
  const logs = openLogs({
    directory: folder,
    dataDirectory: folder,
    controlUrl: async () => control.url,
    secrets: {},
    without: ["stdout"],
  });
  await register(control, streams);
  const gate = new Gate(server.port);
  await gate.open();
  const user = randomUUID();
  await control.pool.query(
    "INSERT INTO millrace_control.users (id, name, role, created_by) VALUES ($1, 'ada', 'admin', 'test')",
    [user],
  );
  const given: OpenIngest = {
    control,
    environment: { directory: folder, databaseUrl: async () => gate.through(database) },
    parquet: parquetBody,
    target: (_, made) => postgres(made as object),
    logger: logs.logger,
    port: 0,
    grpcPort: undefined,
    ...options,
  };
  const ingest = await openIngest(given);
  const pool = new pg.Pool({ connectionString: database, max: 2 });
  pool.on("error", () => undefined);
  const token = async (...names: string[]): Promise<string> => {
    const secret = `mlr_${randomUUID()}`;
    await control.pool.query(
      `INSERT INTO millrace_control.api_tokens (id, name, token_hash, hint, user_id, role, streams, created_at)
       VALUES ($1, 'test', $2, 'mlr_', $3, 'viewer', $4, now())`,
      [randomUUID(), createHash("sha256").update(secret).digest(), user, names],
    );
    return secret;
  };
  const all = await token("*");
  return {
    ...{ ingest, given, control, database, server, token, gate, all, folder },
    url: ingest.url,
    query: async <R extends pg.QueryResultRow>(sql: string, values: unknown[] = []) =>
      (await pool.query<R>(sql, values)).rows,
    push: (stream, body, headers = {}) =>
      send(`${ingest.url}/v1/streams/${stream}/rows`, {
        method: "POST",
        body: body as string,
        headers: { authorization: `Bearer ${all}`, "content-type": "application/json", ...headers },
      }),
    async close() {
      await ingest.close();
      await gate.shut();
      await logs.close();
      await pool.end();
      await control.close();
      await server.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Puts streams into the registry, as registering a project does. */
async function register(control: ControlStore, streams: Readonly<Record<string, TestStream>>): Promise<void> {
  for (const [name, { table = {}, columns = {}, quality }] of Object.entries(streams)) {
    const made = pipeline(name, {
      source: pushed({ columns }),
      destination: postgres().table(name.replaceAll("-", "_"), table),
      ...(quality === undefined ? {} : { quality }),
    });
    await control.pool.query(
      `INSERT INTO millrace_control.pipelines (name, file, limits, declared_enabled, pushed)
       VALUES ($1, 'test.ts', '{}', true, $2) ON CONFLICT (name) DO UPDATE SET pushed = excluded.pushed`,
      [name, JSON.stringify(describePushed(made))],
    );
  }
}

/** Makes a request, and reads its answer. */
export async function send(url: string, init: RequestInit): Promise<Pushed> {
  const streamed: RequestInit & { readonly duplex: "half" } = { ...init, duplex: "half" };
  const response = await fetch(url, streamed);
  const text = await response.text();
  const json = response.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: response.status, headers: response.headers, body: json ? JSON.parse(text) : text };
}
