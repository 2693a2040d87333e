import { destinationContract } from "@millrace/core/testing";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../test/fresh-database.ts";
import { readAllRows } from "./inspect/read-rows.ts";
import { findStoredTable } from "./inspect/stored-table.ts";
import { PostgresDestination } from "./postgres-destination.ts";
import { quoteIdentifier, quoteTable } from "./quote.ts";

let database: FreshDatabase | undefined;
afterAll(() => database?.drop());

/** An empty database: one for all tests, emptied before each, which is faster than one for each. */
async function emptyDatabase(): Promise<pg.Client & { readonly url: string }> {
  database ??= await freshDatabase();
  const client = Object.assign(new pg.Client(database.url), { url: database.url });
  await client.connect();
  await client.query("DROP SCHEMA IF EXISTS public, millrace CASCADE; CREATE SCHEMA public");
  return client;
}

destinationContract({
  name: "PostgreSQL",
  describe,
  it: (name, body) => it(name, body),
  expect,
  create: async () => {
    const client = await emptyDatabase();
    const destination = new PostgresDestination({
      url: client.url,
      schema: undefined,
      fingerprintBytes: 64 * 1024 * 1024,
    });
    return {
      destination,
      async rows(table) {
        const there = await client.query("SELECT to_regclass('millrace.tables') IS NOT NULL AS there");
        if (there.rows[0]?.there !== true) return [];
        const exists = await client.query("SELECT FROM millrace.tables WHERE table_name = $1", [table]);
        if (exists.rowCount === 0) return [];
        const stored = await findStoredTable(client, table);
        const columns = stored.columns.map(({ name }) => quoteIdentifier(name)).join(", ");
        return readAllRows(client, `SELECT ${columns} FROM ${quoteTable(stored)}`, stored.columns);
      },
      close: () => client.end(),
    };
  },
});
