import { OtherUses } from "./other-uses.ts";
import { PostgresUses } from "./postgres-uses.ts";
import type { SqlUse } from "./sql-use.ts";

/** A statement to be read. */
export interface SqlText {
  /** The database's kind, such as `mariadb`. */
  readonly kind: string;
  readonly text: string;
}

/** What a statement uses; `opaque`: it holds code besides that cannot be read. */
export interface SqlReading {
  readonly uses: readonly SqlUse[];
  readonly opaque: boolean;
}

/** Names of dialects, as datafusion-sqlparser has them. */
const DIALECTS: Readonly<Record<string, string>> = {
  mariadb: "mysql",
  mysql: "mysql",
  sqlserver: "mssql",
  clickhouse: "clickhouse",
  duckdb: "duckdb",
};

/** Hints and limits of SQL Server, which say nothing of what is used, and which the parser does not know everywhere. */
const TABLE_HINTS =
  /\bwith\s*\(\s*(?:(?:nolock|holdlock|readuncommitted|readcommitted|repeatableread|serializable|snapshot|updlock|rowlock|paglock|tablock|tablockx|xlock|readpast|nowait|noexpand|forceseek|forcescan)\s*,?\s*)+\)/gi;

const TOP = /\b(update|delete)\s+top\s*\([^()]*\)(\s+percent)?/gi;

/** Reads a statement, or several, with the parser for the database: PostgreSQL's own for it. Throws where it cannot be parsed. */
export async function readSql({ kind, text }: SqlText): Promise<SqlReading> {
  const dialect = DIALECTS[kind] ?? "generic";
  if (kind === "postgres") {
    const { parse } = await import("libpg-query");
    return PostgresUses.read(await parse(text));
  }
  const { init, parse } = await import("@guanmingchiu/sqlparser-ts");
  await init();
  const plain = dialect === "mssql" ? text.replace(TABLE_HINTS, " ").replace(TOP, "$1") : text;
  return { uses: OtherUses.read(parse(plain, dialect as "mysql"), dialect), opaque: false };
}
