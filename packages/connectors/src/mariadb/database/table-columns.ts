import { parseColumnType, type ColumnType } from "@millrace/core";
import type { RelationalConnection } from "../../shared/relational/index.ts";
import { describeTable } from "../dialect/describe-table.ts";
import { quoteLiteral } from "../quote.ts";

/** A column of a table, for loading and describing. */
export interface TableColumnInfo {
  readonly name: string;
  /** As the database writes it. */
  readonly sqlType: string;
  /** Undefined: none of Millrace's. */
  readonly type: ColumnType | undefined;
  readonly nullable: boolean;
  /** Place in the primary key, from 0; -1 where it is in none. */
  readonly key: number;
}

const AS_TEXT = " as text";

/** The columns of a table or view; none where there is no such table. */
export async function tableColumns(
  connection: RelationalConnection,
  table: string,
  namespace: string | undefined,
): Promise<TableColumnInfo[]> {
  const schema = namespace ?? String((await connection.query("SELECT DATABASE() AS name"))[0]?.["name"]);
  const description = await describeTable(connection, { namespace: schema, name: table });
  if (description === undefined) return [];
  const json = await jsonColumns(connection, schema, table);
  return description.columns.map(({ name, sqlType, type, mark, nullable }) => ({
    name,
    sqlType,
    type: json.has(name) ? { kind: "json" } : typeOf(mark ?? type),
    nullable,
    key: description.primaryKey.indexOf(name),
  }));
}

function typeOf(said: string | undefined): ColumnType | undefined {
  if (said === undefined) return undefined;
  // What is kept as text is text to whoever reads and writes it here, except for JSON.
  if (said.endsWith(AS_TEXT)) return { kind: said === `json${AS_TEXT}` ? "json" : "text" };
  try {
    return parseColumnType(said);
  } catch {
    return undefined;
  }
}

/** MariaDB's JSON is LONGTEXT with a check. */
async function jsonColumns(
  connection: RelationalConnection,
  schema: string,
  table: string,
): Promise<Set<string>> {
  const rows = await connection.query(
    `SELECT constraint_name AS name, check_clause AS clause FROM information_schema.check_constraints
     WHERE constraint_schema = ${quoteLiteral(schema)} AND table_name = ${quoteLiteral(table)}`,
  );
  return new Set(
    rows.filter(({ clause }) => /^json_valid\(/i.test(String(clause))).map(({ name }) => String(name)),
  );
}
