import type { Database } from "@millrace/core";
import { databaseContract } from "@millrace/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  missingClickHouse,
  startClickHouse,
  type TestClickHouse,
} from "../../../test/clickhouse/clickhouse-server.ts";
import { clickhouse } from "../index.ts";

const missing = missingClickHouse();
const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("unused")) };
const connect = (url: string): Promise<Database> => clickhouse({ url }).connect(environment);

describe.skipIf(missing !== undefined)(
  `on a ClickHouse server${missing === undefined ? "" : `: ${missing}`}`,
  () => {
    let server: TestClickHouse;

    beforeAll(async () => {
      server = await startClickHouse();
    });

    afterAll(() => server.stop());

    databaseContract({
      name: "ClickHouse",
      describe,
      it: (name, body) => it(name, body),
      expect,
      create: async () => {
        const database = await connect(`${server.url}/default`);
        for (const { name } of await database.query(
          "SELECT name FROM system.tables WHERE database = 'default'",
        ))
          await database.execute(`DROP TABLE ${database.quote(String(name))}`);
        return { database };
      },
      lacks: ["transactions", "identity", "unique", "foreign keys", "deadlocks"],
      unreachable: () => connect("http://someone:contract-secret@127.0.0.1:1/nowhere"),
      denied: () =>
        connect(`http://nobody_of_this_name:contract-secret@127.0.0.1:${server.httpPort}/default`),
      sql: {
        // What this server's calendar types and strings cannot hold whole is left out: see docs/guides/clickhouse.md.
        types: {
          boolean: "Nullable(UInt8)",
          smallint: "Nullable(Int16)",
          integer: "Nullable(Int32)",
          bigint: "Nullable(Int64)",
          numeric: "Nullable(Decimal(38, 9))",
          real: "Nullable(Float32)",
          double: "Nullable(Float64)",
          text: "Nullable(String)",
          uuid: "Nullable(UUID)",
        },
        comesBackAs: { boolean: "smallint" },
        tableSuffix: "ENGINE = MergeTree ORDER BY tuple()",
        series: (rows) => `SELECT number + 1 AS n FROM system.numbers LIMIT ${rows}`,
      },
    });
  },
);
