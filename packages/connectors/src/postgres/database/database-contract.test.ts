import type { Database } from "@millrace/core";
import { databaseContract } from "@millrace/core/testing";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { freshDatabase, serverUrl, type FreshDatabase } from "../../../test/fresh-database.ts";
import { postgres } from "../index.ts";

let fresh: FreshDatabase | undefined;
afterAll(() => fresh?.drop());

const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("unused")) };
const connect = (url: string): Promise<Database> => postgres({ url }).connect(environment);

async function emptyDatabase(): Promise<string> {
  fresh ??= await freshDatabase();
  const client = new pg.Client(fresh.url);
  await client.connect();
  await client.query("DROP SCHEMA public CASCADE; CREATE SCHEMA public");
  await client.end();
  return fresh.url;
}

databaseContract({
  name: "PostgreSQL",
  describe,
  it: (name, body) => it(name, body),
  expect,
  create: async () => ({ database: await connect(await emptyDatabase()) }),
  unreachable: () => connect("postgresql://someone:contract-secret@127.0.0.1:1/nowhere"),
  denied: async () => {
    const url = new URL(await serverUrl());
    url.username = "nobody_of_this_name";
    url.password = "contract-secret";
    return connect(url.href);
  },
  sql: {
    types: {
      boolean: "boolean",
      smallint: "smallint",
      integer: "integer",
      bigint: "bigint",
      numeric: "numeric",
      real: "real",
      double: "double precision",
      text: "text",
      date: "date",
      time: "time",
      timestamp: "timestamp",
      timestamptz: "timestamptz",
      interval: "interval",
      uuid: "uuid",
      json: "jsonb",
      bytea: "bytea",
    },
    series: (rows) => `SELECT generate_series(1, ${rows}) AS n`,
    procedure: [
      "CREATE PROCEDURE contract_double(IN n int, OUT doubled int) LANGUAGE plpgsql AS 'BEGIN doubled := n * 2; END'",
    ],
  },
});
