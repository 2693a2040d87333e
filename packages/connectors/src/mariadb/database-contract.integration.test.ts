import type { Database } from "@millrace/core";
import { databaseContract } from "@millrace/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { missingMariadb, startMariadb, type MariadbServer } from "../../test/mariadb-server.ts";
import { mariadb } from "./index.ts";

const environment = { directory: ".", databaseUrl: () => Promise.reject(new Error("unused")) };
const connect = (url: string): Promise<Database> => mariadb({ url }).connect(environment);

const missing = missingMariadb();
const title = missing === undefined ? "on a MariaDB server" : `on a MariaDB server: ${missing}`;

describe.skipIf(missing !== undefined)(title, () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await startMariadb();
  });
  afterAll(() => server?.close());

  databaseContract({
    name: "MariaDB",
    describe,
    it: (name, body) => it(name, body),
    expect,
    create: async () => {
      await server.empty();
      return { database: await connect(server.url) };
    },
    unreachable: () => connect("mariadb://someone:contract-secret@127.0.0.1:1/nowhere"),
    denied: async () => {
      const url = new URL(server.url);
      url.password = "contract-secret";
      return connect(url.href);
    },
    sql: {
      // Not `timestamptz`: MariaDB refuses texts with a zone as values of an INSERT.
      types: {
        boolean: "BOOLEAN",
        smallint: "SMALLINT",
        integer: "INT",
        bigint: "BIGINT",
        numeric: "DECIMAL(40,9)",
        real: "FLOAT",
        double: "DOUBLE",
        text: "LONGTEXT CHARACTER SET utf8mb4",
        date: "DATE",
        time: "TIME(6)",
        timestamp: "DATETIME(6)",
        uuid: "UUID",
        json: "JSON",
        bytea: "LONGBLOB",
      },
      series: (rows) => `SELECT seq AS n FROM seq_1_to_${rows}`,
      procedure: ["CREATE PROCEDURE contract_double(n INT) SELECT n * 2 AS doubled"],
    },
  });
});
