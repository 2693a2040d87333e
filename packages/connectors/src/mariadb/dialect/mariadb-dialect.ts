import { SCALAR_KINDS, type Capabilities } from "@millrace/core";
import type {
  DriverValue,
  KeptColumn,
  NewColumn,
  NewTable,
  RelationalDialect,
} from "../../shared/relational/index.ts";
import { COLLATION, connectionConfig } from "../connection/connection-config.ts";
import { loadDriver } from "../connection/load-driver.ts";
import { locationOf } from "../connection/location-of.ts";
import { fileFactory, MariadbConnection } from "../connection/mariadb-connection.ts";
import { mariadbFailure } from "../errors.ts";
import { databaseOf, type ResolvedMariadbOptions } from "../options.ts";
import { quote, quoteLiteral } from "../quote.ts";
import { nativeCodec, textCodec } from "./codecs.ts";
import { describeTable, MARK } from "./describe-table.ts";
import { convert, convertsInPlace } from "./conversions.ts";

/** Characters of an identifier; where they are ASCII, as many bytes. */
const IDENTIFIER_BYTES = 64;

const CAPABILITIES: Capabilities = {
  transactions: true,
  modes: ["append", "replace", "upsert", "merge", "snapshot"],
  types: SCALAR_KINDS,
  arrays: true,
  identifiers: { maxBytes: IDENTIFIER_BYTES },
  dryRun: true,
};

/** Types whose SQL type other types have as well. */
const MARKED: ReadonlySet<KeptColumn["type"]["kind"]> = new Set(["timestamptz", "uuid"]);

/** What the toolkit for relational databases has to know of MariaDB. */
export function mariadbDialect(options: ResolvedMariadbOptions): RelationalDialect {
  const database = databaseOf(options.url) ?? "";
  return {
    kind: "mariadb",
    location: locationOf(options.url),
    capabilities: CAPABILITIES,
    connect: ({ name, signal }) => connect(options, name, signal),
    defaultNamespace: async () => database,
    failure: mariadbFailure,
    quote,
    table: ({ namespace, name }) => `${quote(namespace)}.${quote(name)}`,
    temporary: quote,
    stateTable: (name, namespace) => ({ namespace, name: `millrace_${name}` }),
    literal,
    codec: nativeCodec,
    text: textCodec,
    needsMark: ({ kind }) => MARKED.has(kind),
    describe: describeTable,
    ddl: "immediate",
    createNamespace: (namespace) =>
      namespace === database
        ? []
        : [`CREATE DATABASE IF NOT EXISTS ${quote(namespace)} CHARACTER SET utf8mb4`],
    createTable,
    addColumn: (table, column) => [`ALTER TABLE ${table} ADD COLUMN ${columnClause(column)}`],
    alterColumn: (table, column) => [`ALTER TABLE ${table} MODIFY COLUMN ${columnClause(column)}`],
    exchangeColumn: (table, from, column) => [
      `ALTER TABLE ${table} DROP COLUMN ${quote(column.name)}, CHANGE COLUMN ${quote(from)} ${columnClause(column)}`,
    ],
    dropTable: (reference) => [`DROP TEMPORARY TABLE IF EXISTS ${reference}`],
    convertsInPlace,
    convert,
    lockTable: (table) => ({
      // An alias is locked by itself.
      begin: [`LOCK TABLES ${table} WRITE, ${table} AS millrace_row WRITE`],
      end: ["UNLOCK TABLES"],
    }),
    now: "UTC_TIMESTAMP(6)",
    differs: (a, b) => `NOT (${a} <=> ${b})`,
    limit: (select, rows) => `${select} LIMIT ${rows}`,
    selectForUpdate: (columns, table, where) =>
      `SELECT ${columns} FROM ${table} WHERE ${where} FOR UPDATE WAIT 1`,
    updateFrom: ({ target, alias, set, from, where }) =>
      `UPDATE ${target} ${alias} JOIN (${from}) ON ${where} SET ${set.map(({ column, value }) => `${alias}.${column} = ${value}`).join(", ")}`,
    deleteFrom: (target, alias, where) => `DELETE ${alias} FROM ${target} ${alias} WHERE ${where}`,
  };
}

async function connect(
  options: ResolvedMariadbOptions,
  name: string,
  signal: AbortSignal | undefined,
): Promise<MariadbConnection> {
  const { createConnection } = await loadDriver();
  signal?.throwIfAborted();
  const files = new Map<string, Buffer>();
  const connection = await createConnection({
    ...connectionConfig(options, name),
    permitLocalInfile: true,
    infileStreamFactory: fileFactory(files),
  });
  return new MariadbConnection(connection, files);
}

function createTable({ reference, columns, primaryKey, indexes, temporary }: NewTable): string[] {
  const list = (names: readonly string[]): string => names.map(quote).join(", ");
  const clauses = [
    ...columns.map(columnClause),
    ...(primaryKey.length === 0 ? [] : [`PRIMARY KEY (${list(primaryKey)})`]),
    ...indexes.map((index) => `INDEX ${quote(index.name)} (${list(index.columns)})`),
  ];
  const kind = temporary ? "TEMPORARY TABLE" : "TABLE";
  return [
    `CREATE ${kind} ${reference} (\n  ${clauses.join(",\n  ")}\n) ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE ${COLLATION}`,
  ];
}

function columnClause({ name, sqlType, required, mark, identity }: NewColumn): string {
  const counted = identity === true ? " AUTO_INCREMENT" : "";
  const comment = mark === undefined ? "" : ` COMMENT ${quoteLiteral(MARK + mark)}`;
  return `${quote(name)} ${sqlType} ${required ? "NOT NULL" : "NULL"}${counted}${comment}`;
}

function literal(value: DriverValue): string {
  if (value === null) return "NULL";
  if (typeof value === "string") return quoteLiteral(value);
  if (value instanceof Uint8Array) return `X'${Buffer.from(value).toString("hex")}'`;
  if (value instanceof Date) return quoteLiteral(value.toISOString().slice(0, -1));
  if (typeof value === "boolean") return value ? "1" : "0";
  return String(value);
}
