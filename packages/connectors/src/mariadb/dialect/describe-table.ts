import type {
  DescribedColumn,
  QualifiedName,
  RelationalConnection,
  TableDescription,
} from "../../shared/relational/index.ts";
import { quoteLiteral } from "../quote.ts";

/** What stands before a mark in a column's comment. */
export const MARK = "millrace: ";

interface ColumnRow {
  name: string;
  data_type: string;
  column_type: string;
  precision: unknown;
  scale: unknown;
  collation: string | null;
  nullable: string;
  extra: string;
  default: string | null;
  comment: string;
}

/** Reads what a table looks like; undefined where nothing has that name. */
export async function describeTable(
  connection: RelationalConnection,
  { namespace, name }: QualifiedName,
): Promise<TableDescription | undefined> {
  const where = `table_schema = ${quoteLiteral(namespace)} AND table_name = ${quoteLiteral(name)}`;
  const [table] = await connection.query(
    `SELECT table_type AS kind FROM information_schema.tables WHERE ${where}`,
  );
  if (table === undefined) return undefined;
  const columns = (await connection.query(
    `SELECT column_name AS name, data_type AS data_type, column_type AS column_type, numeric_precision AS \`precision\`,
       numeric_scale AS scale, collation_name AS collation, is_nullable AS nullable, extra AS extra,
       column_default AS \`default\`, column_comment AS comment
     FROM information_schema.columns WHERE ${where} ORDER BY ordinal_position`,
  )) as unknown as ColumnRow[];
  const keys = await connection.query(
    `SELECT index_name AS name, column_name AS \`column\`, sub_part AS part FROM information_schema.statistics
     WHERE ${where} AND non_unique = 0 ORDER BY index_name, seq_in_index`,
  );
  const kind = String(table["kind"]);
  const unique = uniqueSets(keys);
  const keyed = new Set([...unique.values()].flat());
  return {
    kind: kind === "BASE TABLE" ? "table" : kind.endsWith("VIEW") ? "view" : "other",
    columns: columns.map((column) => describedColumn(column, keyed.has(column.name))),
    primaryKey: unique.get("PRIMARY") ?? [],
    unique: [...unique].filter(([index]) => index !== "PRIMARY").map(([, names]) => names),
  };
}

/** Index → columns, of those that cover whole columns. */
function uniqueSets(keys: readonly Record<string, unknown>[]): Map<string, string[]> {
  const sets = new Map<string, string[]>();
  const partial = new Set<string>();
  for (const { name, column, part } of keys) {
    const index = String(name);
    if (part !== null) partial.add(index);
    sets.set(index, [...(sets.get(index) ?? []), String(column)]);
  }
  for (const index of partial) sets.delete(index);
  return sets;
}

function describedColumn(column: ColumnRow, keyed: boolean): DescribedColumn {
  const { comment, extra } = column;
  return {
    name: column.name,
    sqlType: column.collation === null ? column.column_type : `${column.column_type} ${column.collation}`,
    type: typeOf(column, keyed),
    mark: comment.startsWith(MARK) ? comment.slice(MARK.length) : undefined,
    nullable: column.nullable === "YES",
    generated: /GENERATED/i.test(extra),
    hasDefault: (column.default !== null && column.default !== "NULL") || /auto_increment/i.test(extra),
  };
}

const TYPES: Readonly<Record<string, string>> = {
  smallint: "smallint",
  mediumint: "integer",
  int: "integer",
  bigint: "bigint",
  year: "integer",
  float: "real",
  double: "double",
  date: "date",
  time: "time",
  datetime: "timestamp",
  timestamp: "timestamptz",
  uuid: "uuid",
  binary: "bytea",
  varbinary: "bytea",
  tinyblob: "bytea",
  blob: "bytea",
  mediumblob: "bytea",
  longblob: "bytea",
};

/** Without its sign a number needs the next wider type. */
const UNSIGNED: Readonly<Record<string, string>> = {
  tinyint: "smallint",
  smallint: "integer",
  mediumint: "integer",
  int: "bigint",
};

const TEXTS: ReadonlySet<string> = new Set(["char", "varchar", "tinytext", "text", "mediumtext", "longtext"]);

function typeOf(column: ColumnRow, keyed: boolean): string | undefined {
  const { data_type: kind, column_type: full, collation } = column;
  if (TEXTS.has(kind)) {
    // In a key, values that differ must not count as equal.
    const binary = collation === null || collation.endsWith("_bin");
    return collation?.startsWith("utf8mb4") === true && (binary || !keyed) ? "text" : undefined;
  }
  if (kind === "decimal") return `numeric(${Number(column.precision)},${Number(column.scale)})`;
  if (kind === "tinyint") return full.startsWith("tinyint(1)") ? "boolean" : "smallint";
  if (full.includes("unsigned")) return UNSIGNED[kind];
  return TYPES[kind];
}
