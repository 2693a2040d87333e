import { destinationContract } from "@millrace/core/testing";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { freshDatabase, type FreshDatabase } from "../../test/fresh-database.ts";
import { readAllRows } from "./inspect/read-rows.ts";
import { findStoredTable } from "./inspect/stored-table.ts";
import { PostgresDestination } from "./postgres-destination.ts";
import { quoteIdentifier, quoteTable } from "./quote.ts";

const databases: FreshDatabase[] = [];
afterAll(() => Promise.all(databases.map((database) => database.drop())));

destinationContract({
  name: "PostgreSQL",
  describe,
  it: (name, body) => it(name, body),
  expect,
  create: async () => {
    const database = await freshDatabase();
    databases.push(database);
    const destination = new PostgresDestination({
      url: database.url,
      schema: undefined,
      fingerprintBytes: 64 * 1024 * 1024,
    });
    const client = new pg.Client(database.url);
    await client.connect();
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
