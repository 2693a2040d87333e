import {
  MillraceError,
  type ColumnType,
  type DatabaseDialect,
  type NamedColumns,
  type PlannedTable,
} from "@millrace/core";
import { COLLATION } from "../connection/connection-config.ts";
import { nativeCodec, textCodec } from "../dialect/codecs.ts";
import { quote } from "../quote.ts";

const ON_DELETE = { restrict: "RESTRICT", cascade: "CASCADE", "set null": "SET NULL" } as const;
/** Of identifiers, in characters; ASCII ones have one byte each. */
const IDENTIFIER_BYTES = 64;
/** Digits of a numeric without a precision, and of them those behind the point. */
const DECIMAL = "DECIMAL(65,30)";

/** What is MariaDB's own in portable SQL. */
export const mariadbDatabaseDialect: DatabaseDialect = {
  kind: "mariadb",
  identifiers: { maxBytes: IDENTIFIER_BYTES },
  placeholder: () => "?",
  limit: (rows) => `LIMIT ${rows}`,
  createTable: (table) => [
    `CREATE TABLE IF NOT EXISTS ${nameOf(table)} (\n  ${[...columns(table), ...constraints(table)].join(",\n  ")}\n) ENGINE=InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE ${COLLATION}`,
  ],
};

function nameOf({ namespace, name }: { readonly namespace?: string; readonly name: string }): string {
  return namespace === undefined ? quote(name) : `${quote(namespace)}.${quote(name)}`;
}

function columns(table: PlannedTable): string[] {
  const keys = [table.primaryKey, ...table.unique, ...table.indexes, ...table.foreignKeys];
  return table.columns.map(({ name, type, nullable }) => {
    const widths = keys.flatMap((key) => (key?.columns.includes(name) === true ? [key.columns.length] : []));
    const allotted = name === table.identity ? " AUTO_INCREMENT" : "";
    return `${quote(name)} ${sqlType(type, Math.max(0, ...widths))}${nullable === false ? " NOT NULL" : ""}${allotted}`;
  });
}

function sqlType(type: ColumnType, keyColumns: number): string {
  if (type.kind === "json") return "JSON";
  if (type.kind === "timestamptz") return "TIMESTAMP(6)";
  if (type.kind === "text" || type.kind === "interval") return textCodec({ keyColumns }).sqlType;
  if (type.kind === "array") {
    throw new MillraceError("MLR_DATABASE_UNSUPPORTED", "MariaDB has no arrays", {
      hint: "Declare the column as json.",
    });
  }
  if (type.kind === "numeric" && type.precision === undefined) return DECIMAL;
  const codec = nativeCodec(type, { keyColumns });
  if (codec !== undefined) return codec.sqlType;
  throw new MillraceError(
    "MLR_DATABASE_UNSUPPORTED",
    `MariaDB has no numeric(${type.precision},${type.scale ?? 0})`,
    { hint: "It has up to 65 digits, 38 of them behind the point." },
  );
}

function constraints({ primaryKey, unique, indexes, foreignKeys }: PlannedTable): string[] {
  const list = (names: readonly string[]): string => names.map(quote).join(", ");
  const named = (kind: string, { name, columns: on }: NamedColumns): string =>
    `CONSTRAINT ${quote(name)} ${kind} (${list(on)})`;
  return [
    ...(primaryKey === undefined ? [] : [`PRIMARY KEY (${list(primaryKey.columns)})`]),
    ...unique.map((each) => named("UNIQUE", each)),
    ...indexes.map((each) => `INDEX ${quote(each.name)} (${list(each.columns)})`),
    ...foreignKeys.map((each) => {
      const { table, namespace, columns: referred } = each.references;
      const other = nameOf({ name: table, ...(namespace === undefined ? {} : { namespace }) });
      return `${named("FOREIGN KEY", each)} REFERENCES ${other} (${list(referred)}) ON DELETE ${ON_DELETE[each.onDelete]}`;
    }),
  ];
}
