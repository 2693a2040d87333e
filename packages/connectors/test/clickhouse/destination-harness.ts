import { randomUUID } from "node:crypto";
import type { Row } from "@millrace/core";
import type { DestinationHarness } from "@millrace/core/testing";
import { ClickHouseDestination } from "../../src/clickhouse/clickhouse-destination.ts";
import { findTable, liveRows } from "../../src/clickhouse/inspect/find-table.ts";
import { readRows } from "../../src/clickhouse/inspect/read-rows.ts";
import {
  clickhouseOptions,
  type ClickHouseOptions,
  type ResolvedClickHouseOptions,
} from "../../src/clickhouse/options.ts";
import { ClickHouseServer } from "../../src/clickhouse/server/clickhouse-server.ts";
import { quote } from "../../src/clickhouse/server/quote.ts";
import type { ClickHouseInternals } from "../../src/clickhouse/session/session-context.ts";
import { serverSettings } from "../../src/clickhouse/settings.ts";

/** A destination with nothing in it, and a way to look at its server besides. */
export interface ClickHouseHarness extends DestinationHarness {
  readonly destination: ClickHouseDestination;
  readonly server: ClickHouseServer;
  readonly database: string;
}

const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("unused")) };

/** Empties the server and opens a destination with a database of its own. */
export async function clickHouseHarness(
  url: string,
  options: ClickHouseOptions = {},
  internals: ClickHouseInternals = {},
): Promise<ClickHouseHarness> {
  const database = `test_${randomUUID().slice(0, 8)}`;
  const parsed = clickhouseOptions.parse({ url, database, ...options }) as ResolvedClickHouseOptions;
  const settings = serverSettings(parsed, environment);
  const server = await ClickHouseServer.connect({ settings, use: "DESTINATION" });
  await server.run("DROP DATABASE IF EXISTS millrace");
  return {
    server,
    database,
    destination: new ClickHouseDestination(settings, parsed, internals),
    rows: (table) => rowsOf(server, table),
    tamper: (table, key, values) => tamper(server, table, { ...key, ...values }, key),
    close: async () => {
      await server.run(`DROP DATABASE IF EXISTS ${quote(database)}`);
      await server.close();
    },
  };
}

/** The live rows of a table in storage form; [] where there is no such table. */
export async function rowsOf(server: ClickHouseServer, name: string): Promise<Row[]> {
  const table = await findTable(server, name).catch(() => undefined);
  if (table === undefined) return [];
  const rows: Row[] = [];
  for await (const batch of readRows(server, table.definition.columns, liveRows(table))) rows.push(...batch);
  return rows;
}

/** A newer version of the rows with this key, with the same hash, as somebody would write it who knows nothing of hashes. */
async function tamper(server: ClickHouseServer, name: string, values: Row, key: Row): Promise<void> {
  const { main } = await findTable(server, name);
  const list = main.columns.map((column) => {
    const value = values[column.name];
    if (column.name === "_version") return "_version + 1 AS _version";
    return Object.hasOwn(values, column.name) && !Object.hasOwn(key, column.name)
      ? `'${String(value)}' AS ${quote(column.name)}`
      : quote(column.name);
  });
  const where = Object.entries(key).map(([column, value]) => `${quote(column)} = ${String(value)}`);
  const table = quote(main.database, main.name);
  await server.run(
    `INSERT INTO ${table} SELECT ${list.join(", ")} FROM ${table} FINAL WHERE ${where.join(" AND ")}`,
  );
}
