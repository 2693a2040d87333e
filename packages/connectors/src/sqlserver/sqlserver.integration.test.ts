import { randomUUID } from "node:crypto";
import type { Database } from "@millrace/core";
import { databaseContract, destinationContract } from "@millrace/core/testing";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { relationalDestination } from "../shared/relational/index.ts";
import { connectionSettings, type ConnectionSettings } from "./connection/connection-settings.ts";
import { openDatabase } from "./database/open-database.ts";
import { sqlServerDialect } from "./dialect/sqlserver-dialect.ts";
import { type ResolvedSqlServerOptions, sqlserverOptions } from "./options.ts";
import { storedRows } from "./test/stored-rows.ts";

/**
 * A real server, by the environment variable MSSQL_URL: mssql://sa:password@host:1433/master?trustServerCertificate=true.
 * The login creates databases for the tests and drops them. `docker compose -f deploy/compose.yaml up sqlserver` starts one.
 */
const url = process.env["MSSQL_URL"];
const title = url === undefined ? "on a SQL Server: MSSQL_URL is not set" : "on a SQL Server";

describe.skipIf(url === undefined)(title, () => {
  const options = sqlserverOptions.parse({
    url: url ?? "mssql://nobody@localhost",
  }) as ResolvedSqlServerOptions;
  const master = connectionSettings(options);
  const name = `millrace_test_${randomUUID().replaceAll("-", "").slice(0, 12)}`;
  const settings: ConnectionSettings = { ...master, database: name };
  const open = (to: ConnectionSettings): Promise<Database> =>
    openDatabase(to, { schema: undefined, maxConnections: 4 });

  beforeAll(async () => {
    const database = await open(master);
    await database.execute(`CREATE DATABASE [${name}]`);
    // Readers of the tests look at tables in the middle of transactions.
    await database.execute(`ALTER DATABASE [${name}] SET READ_COMMITTED_SNAPSHOT ON WITH ROLLBACK IMMEDIATE`);
    await database.close();
  }, 60_000);
  afterAll(async () => {
    const database = await open(master);
    await database.execute(
      `ALTER DATABASE [${name}] SET SINGLE_USER WITH ROLLBACK IMMEDIATE; DROP DATABASE [${name}]`,
    );
    await database.close();
  }, 60_000);

  async function emptied(): Promise<void> {
    const database = await open(settings);
    await database.execute(DROP_ALL);
    await database.close();
  }

  destinationContract({
    name: "SQL Server",
    describe,
    it: (title, body) => it(title, body, 60_000),
    expect,
    create: async () => {
      await emptied();
      const dialect = sqlServerDialect({ settings, schema: undefined });
      return { destination: relationalDestination(dialect), rows: (table) => storedRows(dialect, table) };
    },
  });

  databaseContract({
    name: "SQL Server",
    describe,
    it: (title, body) => it(title, body, 60_000),
    expect,
    create: async () => {
      await emptied();
      return { database: await open(settings) };
    },
    sql: {
      types: {
        boolean: "bit",
        smallint: "smallint",
        integer: "int",
        bigint: "bigint",
        numeric: "decimal(38,9)",
        real: "real",
        double: "float(53)",
        text: "nvarchar(max)",
        date: "date",
        time: "time(6)",
        timestamp: "datetime2(6)",
        timestamptz: "datetimeoffset(6)",
        interval: "nvarchar(100)",
        uuid: "uniqueidentifier",
        json: "nvarchar(max)",
        bytea: "varbinary(max)",
      },
      comesBackAs: { interval: "text", json: "text" },
      series: (rows) =>
        `SELECT TOP (${rows}) ROW_NUMBER() OVER (ORDER BY (SELECT NULL)) AS n FROM sys.all_columns AS a CROSS JOIN sys.all_columns AS b CROSS JOIN sys.all_columns AS c`,
      procedure: ["CREATE OR ALTER PROCEDURE contract_double @n int AS SELECT @n * 2 AS doubled"],
    },
    unreachable: () => open({ ...settings, port: 1, instanceName: undefined, password: "contract-secret" }),
    denied: () => open({ ...settings, password: "contract-secret" }),
  });
});

/** Drops every foreign key, view, procedure, table and schema of the database, so that it is as new. */
const DROP_ALL = `DECLARE @drop nvarchar(max) = N'';
SELECT @drop = @drop + N'ALTER TABLE ' + QUOTENAME(OBJECT_SCHEMA_NAME(parent_object_id)) + N'.' + QUOTENAME(OBJECT_NAME(parent_object_id))
  + N' DROP CONSTRAINT ' + QUOTENAME(name) + N';' FROM sys.foreign_keys;
SELECT @drop = @drop + N'DROP ' + CASE type WHEN 'V' THEN N'VIEW ' WHEN 'P' THEN N'PROCEDURE ' ELSE N'TABLE ' END
  + QUOTENAME(SCHEMA_NAME(schema_id)) + N'.' + QUOTENAME(name) + N';' FROM sys.objects WHERE type IN ('U', 'V', 'P') AND is_ms_shipped = 0;
SELECT @drop = @drop + N'DROP SCHEMA ' + QUOTENAME(name) + N';' FROM sys.schemas WHERE schema_id BETWEEN 5 AND 16383;
EXEC (@drop);`;
