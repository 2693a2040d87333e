import { MillraceError, redactor } from "@millrace/core";

/** Longest text of an attribute. */
const LONGEST = 2_000;

/** A text for an attribute: without secrets, and not too long. */
export function attributeText(text: string): string {
  const clean = redactor.text(text);
  return clean.length > LONGEST ? `${clean.slice(0, LONGEST - 1)}…` : clean;
}

/** What failed, for a span: its code or kind, and its message without secrets. */
export function spanError(error: unknown): { readonly type: string; readonly message: string } {
  if (error instanceof MillraceError) return { type: error.code, message: attributeText(error.message) };
  if (error instanceof Error) return { type: error.name, message: attributeText(error.message) };
  return { type: typeof error, message: attributeText(String(error)) };
}

const SYSTEMS: Readonly<Record<string, string>> = {
  postgres: "postgresql",
  sqlserver: "microsoft.sql_server",
  mariadb: "mariadb",
  mysql: "mysql",
  clickhouse: "clickhouse",
  duckdb: "duckdb",
};

/** A connector's word for a database as the semantic conventions have it; undefined for what is no database, such as files. */
export function databaseSystem(kind: string | undefined): string | undefined {
  return kind === undefined ? undefined : SYSTEMS[kind];
}

/**
 * A statement with `?` in place of texts and numbers, because values may be anybody's secrets.
 * @param kind of the database: in some, double quotes are texts too, and a backslash escapes
 */
export function withoutValues(statement: string, kind: string): string {
  const quotesTexts = kind === "mariadb" || kind === "mysql" || kind === "clickhouse";
  const text = quotesTexts
    ? /'(?:[^'\\]|\\.|'')*(?:'|$)|"(?:[^"\\]|\\.|"")*(?:"|$)/gs
    : /\$([A-Za-z_]\w*)?\$.*?(?:\$\1\$|$)|[Ee]'(?:[^'\\]|\\.|'')*(?:'|$)|'(?:[^']|'')*(?:'|$)/gs;
  const comments = /--[^\n]*|\/\*.*?(?:\*\/|$)/gs;
  return statement
    .replace(text, "?")
    .replace(comments, " ")
    .replace(/(?<![\w$@:."`])[+-]?(?:0x[0-9a-f]+|\d+(?:\.\d+)?(?:e[+-]?\d+)?)(?!\w)/gi, "?")
    .replace(/\s+/g, " ")
    .trim();
}
