import {
  composeSql,
  MillraceError,
  sqlText,
  type ColumnDefinition,
  type ColumnType,
  type Sql,
} from "@millrace/core";
import type pg from "pg";
import { columnTypeOf } from "../ddl/column-type-of.ts";
import { quoteIdentifier, quoteLiteral } from "../quote.ts";
import { parameter } from "./parameter.ts";
import { refuseDoubled } from "./postgres-statements.ts";
import { readingTypeOf } from "./reading-type.ts";

/** A COPY that gives what a statement answers, in types whose binary form is the same in every PostgreSQL. */
export interface EncodedQuery {
  /** `COPY (…) TO STDOUT (FORMAT binary)`. */
  readonly text: string;
  readonly columns: readonly ColumnDefinition[];
}

/**
 * Types that are read row by row: json (114, 199), of which jsonb may refuse values (`\u0000`), and bpchar[] (1014), which
 * loses its blanks in a cast.
 */
const ROW_BY_ROW: readonly number[] = [114, 199, 1014];
/** name and bpchar have the same binary form as text. */
const LIKE_TEXT: readonly number[] = [19, 1042];
/** An array says in its bytes what it is an array of. */
const VARCHAR_ARRAY = 1015;

/**
 * Prepares the COPY. Types without a counterpart are cast to text, in which they are read elsewhere too. Fails with
 * MLR_DATABASE_UNSUPPORTED where a column has to be read row by row.
 */
export async function encodedQuery(
  client: pg.ClientBase,
  statement: string | Sql,
  where: string,
): Promise<EncodedQuery> {
  const inner = withLiterals(statement);
  const { fields } = await client.query(`SELECT * FROM (${inner}\n) AS millrace_shape LIMIT 0`);
  refuseDoubled(fields, where);
  const columns = fields.map((field) => encodedColumn(field, where));
  const list = columns.map(selected).join(", ");
  const source = columns.every(({ cast }) => cast === undefined)
    ? inner
    : `SELECT ${list} FROM (${inner}\n) AS millrace_query`;
  return {
    text: `COPY (${source}\n) TO STDOUT (FORMAT binary)`,
    columns: columns.map(({ name, type }) => ({ name, type })),
  };
}

interface EncodedColumn {
  readonly name: string;
  readonly type: ColumnType;
  /** Undefined where the binary form is that of the type already. */
  readonly cast: string | undefined;
}

function encodedColumn({ name, dataTypeID, dataTypeModifier }: pg.FieldDef, where: string): EncodedColumn {
  if (ROW_BY_ROW.includes(dataTypeID)) {
    throw new MillraceError(
      "MLR_DATABASE_UNSUPPORTED",
      `${where}: column "${name}" has a type that is read row by row`,
    );
  }
  const type = readingTypeOf(dataTypeID, dataTypeModifier) ?? { kind: "text" };
  // Lengths and precisions do not show in the binary form.
  const exact = columnTypeOf(dataTypeID, -1) !== undefined && dataTypeID !== VARCHAR_ARRAY;
  const cast = type.kind === "array" ? "text[]" : type.kind === "bigint" ? "bigint" : "text";
  return { name, type, cast: exact || LIKE_TEXT.includes(dataTypeID) ? undefined : cast };
}

function selected({ name, cast }: EncodedColumn): string {
  const column = quoteIdentifier(name);
  if (cast === undefined) return column;
  // A cast to text may say more than the text of the value (10.0.0.1/32), which concat() gives.
  return cast === "text"
    ? `CASE WHEN num_nulls(${column}) = 0 THEN concat(${column}) END AS ${column}`
    : `${column}::${cast}`;
}

/** A COPY takes no values: they become literals, which the server reads by the type that it wants, as it would a value. */
function withLiterals(statement: string | Sql): string {
  const sql = typeof statement === "string" ? composeSql([statement]) : statement;
  const literals = sql.values.map((value) => {
    const text = parameter(value);
    if (text === null) return "NULL";
    return quoteLiteral(typeof text === "string" ? text : `\\x${text.toString("hex")}`);
  });
  return sqlText(sql, (number) => literals[number - 1] ?? "NULL");
}
