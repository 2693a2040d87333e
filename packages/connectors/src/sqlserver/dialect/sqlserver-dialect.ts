import { SCALAR_KINDS, type Capabilities, type ColumnType } from "@millrace/core";
import type {
  DriverValue,
  Failure,
  RelationalConnection,
  RelationalDialect,
} from "../../shared/relational/index.ts";
import { Connection } from "../connection/connection.ts";
import { locationOf, type ConnectionSettings } from "../connection/connection-settings.ts";
import { driverMessage, errorNumber, isConnectionLost, isLockTimeout, sqlServerError } from "../errors.ts";
import { IDENTIFIER_LENGTH, quoteLiteral, quoteName, quotePath } from "../quote.ts";
import { alterColumn } from "./alter-column.ts";
import { BINARY_COLLATION, codecFor, needsMark, textCodec } from "./codecs.ts";
import { convert, convertsInPlace } from "./conversions.ts";
import { addColumn, createNamespace, createTable, dropTable, exchangeColumn } from "./ddl.ts";
import { describe } from "./describe.ts";
import { SqlServerRelationalConnection } from "./relational-connection.ts";

const SQLSERVER_CAPABILITIES: Capabilities = {
  transactions: true,
  modes: ["append", "replace", "upsert", "merge", "snapshot"],
  types: SCALAR_KINDS,
  arrays: true,
  identifiers: { maxBytes: IDENTIFIER_LENGTH },
  dryRun: true,
};

/** SQL Server as the toolkit for relational destinations knows it. */
export function sqlServerDialect(options: {
  readonly settings: ConnectionSettings;
  readonly schema: string | undefined;
}): RelationalDialect {
  const { settings, schema } = options;
  return {
    kind: "sqlserver",
    location: locationOf(settings),
    capabilities: SQLSERVER_CAPABILITIES,
    connect: async ({ name, signal }) =>
      SqlServerRelationalConnection.open(
        await Connection.open({ settings, applicationName: name, side: "destination", signal }),
      ),
    defaultNamespace: async (connection) => schema ?? (await loginSchema(connection)),
    failure,
    quote: quoteName,
    table: ({ namespace, name }) => quotePath(namespace, name),
    temporary: (name) => quoteName(`#${name}`),
    stateTable: (name) => ({ namespace: "millrace", name }),
    literal,
    codec: codecFor,
    text: textCodec,
    needsMark,
    describe,
    ddl: "transactional",
    createNamespace,
    createTable,
    addColumn,
    alterColumn,
    exchangeColumn,
    dropTable,
    convertsInPlace,
    convert,
    now: "CAST(SYSUTCDATETIME() AS datetimeoffset(6))",
    differs,
    equal,
    groups,
    joinTexts,
    limit: (select, rows) => `${select} OFFSET 0 ROWS FETCH NEXT ${rows} ROWS ONLY`,
    // The timeout is set back by whoever begins the next transaction where the SELECT fails.
    selectForUpdate: (columns, table, where) =>
      `SET LOCK_TIMEOUT 1000;
SELECT ${columns} FROM ${table} WITH (UPDLOCK, ROWLOCK) WHERE ${where};
SET LOCK_TIMEOUT -1`,
    updateFrom: ({ target, alias, set, from, where }) => {
      const values = set.map(({ column, value }) => `${column} = ${value}`).join(", ");
      return `UPDATE ${alias} SET ${values} FROM ${target} AS ${alias}, ${from} WHERE ${where}`;
    },
    deleteFrom: (target, alias, where) => `DELETE ${alias} FROM ${target} AS ${alias} WHERE ${where}`,
  };
}

async function loginSchema(connection: RelationalConnection): Promise<string> {
  const [row] = await connection.query("SELECT SCHEMA_NAME() AS name");
  return (row?.["name"] as string | null | undefined) ?? "dbo";
}

function failure(error: unknown): Failure {
  const known = sqlServerError(error, "SQL Server");
  const number = errorNumber(error);
  const condition = isLockTimeout(error) ? "lock-timeout" : isDuplicate(number) ? "duplicate-key" : undefined;
  return {
    code: known.code,
    message: driverMessage(error),
    retry: known.retry,
    details: known.details,
    lost: isConnectionLost(error),
    ...(known.hint === undefined ? {} : { hint: known.hint }),
    ...(condition === undefined ? {} : { condition }),
  };
}

function isDuplicate(number: number | undefined): boolean {
  return number === 2601 || number === 2627;
}

/** A value in a statement. Doubles are written with an exponent, which makes them `float` and keeps every bit. */
export function literal(value: DriverValue): string {
  if (value === null) return "NULL";
  switch (typeof value) {
    case "string":
      return quoteLiteral(value);
    case "number":
      return Number.isSafeInteger(value) ? String(value) : value.toExponential();
    case "bigint":
      return String(value);
    case "boolean":
      return value ? "1" : "0";
    default:
      return value instanceof Date ? quoteLiteral(value.toISOString()) : `0x${hex(value)}`;
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("hex");
}

/** SQL Server pads the shorter of two texts or byte strings before it compares them, so the lengths are compared too. */
export function equal(a: string, b: string, type: ColumnType): string {
  switch (type.kind) {
    case "text":
      return `(${a} = ${b} COLLATE ${BINARY_COLLATION} AND DATALENGTH(${a}) = DATALENGTH(${b}))`;
    case "bytea":
      return `(${a} = ${b} AND DATALENGTH(${a}) = DATALENGTH(${b}))`;
    default:
      return `${a} = ${b}`;
  }
}

/** Values that are padded to be compared are padded to be grouped as well. */
function groups(expression: string, type: ColumnType): string {
  const padded = type.kind === "text" || type.kind === "bytea";
  return padded ? `${expression}, DATALENGTH(${expression})` : expression;
}

/** CONCAT_WS is there since SQL Server 2017, and cuts after 4,000 characters where no part may be longer. */
function joinTexts(expressions: readonly string[]): string {
  const parts = expressions.map((expression) => `N',' + ${expression}`).join(", ");
  return `STUFF(CONCAT(CAST(N'' AS nvarchar(max)), ${parts}), 1, 1, N'')`;
}

/** By the bytes, so that no collation of a column is in the way. */
function differs(a: string, b: string): string {
  const bytes = (value: string): string => `CAST(${value} AS varbinary(max))`;
  // Hashes are all of one length, and compared for every row.
  const unequal = a.endsWith(".[_row_hash]")
    ? `${a} <> ${b}`
    : `${bytes(a)} <> ${bytes(b)} OR DATALENGTH(${a}) <> DATALENGTH(${b})`;
  return `(${unequal} OR (${a} IS NULL AND ${b} IS NOT NULL) OR (${a} IS NOT NULL AND ${b} IS NULL))`;
}
