import { destinationContract } from "@millrace/core/testing";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../test/fresh-database.ts";
import { relationalDestination } from "../shared/relational/index.ts";
import { sqlServerDialect } from "./dialect/sqlserver-dialect.ts";
import { settingsOf } from "./test/connection-to.ts";
import { Emulator, prepareEmulated } from "./test/emulator/emulator.ts";
import { storedRows } from "./test/stored-rows.ts";

let database: FreshDatabase | undefined;
afterAll(() => database?.drop());

async function emptyDatabase(): Promise<string> {
  database ??= await freshDatabase();
  const client = new pg.Client(database.url);
  await client.connect();
  await client.query(
    "DROP SCHEMA IF EXISTS dbo, millrace, emulated, public, other CASCADE; CREATE SCHEMA public",
  );
  await prepareEmulated(client);
  await client.end();
  return database.url;
}

// All but the server is real: the driver, its protocol byte by byte, and the statements, which PostgreSQL runs in translation.
destinationContract({
  name: "SQL Server, emulated",
  describe,
  it: (name, body) => it(name, body),
  expect,
  create: async () => {
    const emulator = await Emulator.start(await emptyDatabase());
    const dialect = sqlServerDialect({ settings: settingsOf(emulator.server), schema: undefined });
    const destination = relationalDestination(dialect);
    return {
      destination,
      rows: (table) => storedRows(dialect, table),
      close: () => emulator.close(),
    };
  },
});
