/** What of a database's SQL has to be known to tell where a statement ends. */
export interface SqlSyntax {
  /** Statements end with `;`, or batches with a line that says `GO`. */
  readonly separator: "semicolon" | "go";
  /** A backslash takes the next character of a string as it is; PostgreSQL only in `E'…'`. */
  readonly backslash: "always" | "after-e" | "never";
  /** `/* … *\/` may hold others. */
  readonly nestedComments: boolean;
  /** What begins a comment to the end of the line besides `--`. */
  readonly hashComments: boolean;
  /** `--` is a comment only before a space or the end of the line. */
  readonly dashNeedsSpace: boolean;
  /** `$tag$ … $tag$` quotes. */
  readonly dollarQuotes: boolean;
  /** Pairs of characters that quote besides `'…'` and `"…"`. */
  readonly quotes: Readonly<Record<string, string>>;
  /** Bodies that hold statements of their own: of SQL routines after `BEGIN ATOMIC`, or of stored programs with `BEGIN … END`. */
  readonly bodies: "none" | "atomic" | "programs";
  /** `DELIMITER //` on a line of its own changes what ends a statement. */
  readonly delimiter: boolean;
}

/** PostgreSQL. */
export const POSTGRES_SYNTAX: SqlSyntax = {
  separator: "semicolon",
  backslash: "after-e",
  nestedComments: true,
  hashComments: false,
  dashNeedsSpace: false,
  dollarQuotes: true,
  quotes: {},
  bodies: "atomic",
  delimiter: false,
};

/** MariaDB and MySQL. */
export const MARIADB_SYNTAX: SqlSyntax = {
  separator: "semicolon",
  backslash: "always",
  nestedComments: false,
  hashComments: true,
  dashNeedsSpace: true,
  dollarQuotes: false,
  quotes: { "`": "`" },
  bodies: "programs",
  delimiter: true,
};

/** ClickHouse. */
export const CLICKHOUSE_SYNTAX: SqlSyntax = {
  separator: "semicolon",
  backslash: "always",
  nestedComments: false,
  hashComments: false,
  dashNeedsSpace: false,
  dollarQuotes: true,
  quotes: { "`": "`" },
  bodies: "none",
  delimiter: false,
};

/** SQL Server. */
export const SQLSERVER_SYNTAX: SqlSyntax = {
  separator: "go",
  backslash: "never",
  nestedComments: true,
  hashComments: false,
  dashNeedsSpace: false,
  dollarQuotes: false,
  quotes: { "[": "]" },
  bodies: "none",
  delimiter: false,
};
