import type { Capabilities, ColumnType } from "@millrace/core";
import type { ColumnCodec, ColumnPlace } from "./column-codec.ts";
import type { DriverValue } from "./driver-value.ts";
import type { Failure } from "./failure.ts";
import type { NewColumn, NewTable } from "./new-table.ts";
import type { QualifiedName } from "./qualified-name.ts";
import type { RelationalConnection } from "./relational-connection.ts";
import type { TableDescription } from "./table-description.ts";

/** How a column keeps its values now. */
export interface KeptColumn {
  readonly type: ColumnType;
  /** `native`: by the codec of its type; `text`: as canonical text, by the codec `text`. */
  readonly form: "native" | "text";
  readonly place: ColumnPlace;
}

/**
 * All that the toolkit has to know of a database with transactions, to make a complete destination of it. Statements are
 * standard SQL (joins, window functions, CONCAT_WS, NOT EXISTS) except for what is asked for here. Nothing but `connect`
 * and what takes a connection talks to the database.
 */
export interface RelationalDialect {
  /** A word for people, such as `mariadb`. */
  readonly kind: string;
  /** Where the database is, without secrets, for messages. */
  readonly location: string;
  /** `types` has all kinds and `arrays` is true, since what has no counterpart is kept as text. */
  readonly capabilities: Capabilities;

  /** Connects, and sets what `RelationalConnection` asks for. @param name is shown among the server's connections. */
  connect(options: {
    readonly name: string;
    readonly signal: AbortSignal | undefined;
  }): Promise<RelationalConnection>;
  /** The namespace of tables that name none: that of the options, or the connection's own. */
  defaultNamespace(connection: RelationalConnection): Promise<string>;
  /** What went wrong, by the error that the driver threw. */
  failure(error: unknown): Failure;

  /** A quoted identifier; any name is safe. */
  quote(name: string): string;
  /** A table in statements: `"namespace"."name"`. */
  table(name: QualifiedName): string;
  /** A temporary table in statements; `name` is made of letters, digits and _. */
  temporary(name: string): string;
  /** Where a table of Millrace's own lies, such as `pipelines` or `seen_5f3a`: in a namespace `millrace`, or under a name with a prefix. @param namespace the default one. */
  stateTable(name: string, namespace: string): QualifiedName;
  /** A value as `encode` of a codec gave it, in a statement. */
  literal(value: DriverValue): string;

  /** How columns of a type keep their values; undefined where the type has no counterpart in the database. Asked often: keep it fast. */
  codec(type: ColumnType, place: ColumnPlace): ColumnCodec | undefined;
  /** How columns keep texts of any length (in a key: of the length that an index allows), compared byte by byte. Values of types without a counterpart are kept so. */
  text(place: ColumnPlace): ColumnCodec;
  /** What the columns of a type have as `NewColumn.mark` although they have a counterpart, because their SQL type alone does not tell: true for `timestamptz` where there are no time zones. */
  needsMark(type: ColumnType): boolean;
  /** What has the name of a table; undefined where nothing has. Temporary tables are not asked for. */
  describe(connection: RelationalConnection, table: QualifiedName): Promise<TableDescription | undefined>;

  /**
   * `transactional`: statements that change tables are undone by a rollback; they run within the commit's transaction.
   * `immediate`: each commits by itself; they run before the transaction, and stay when it fails, which does no harm.
   */
  readonly ddl: "transactional" | "immediate";
  /** The statements that make sure the namespace exists. None where it is not for Millrace to create one. */
  createNamespace(namespace: string): readonly string[];
  createTable(table: NewTable): readonly string[];
  addColumn(table: string, column: NewColumn): readonly string[];
  /**
   * Gives a column another type (and mark, and NOT NULL or not) where the database converts its values, which is asked only
   * where `convertsInPlace` says so, and for dropping NOT NULL. It may be part of the primary key.
   */
  alterColumn(table: string, column: NewColumn): readonly string[];
  /** Drops `column.name` and gives its name and properties to column `from`, in one step where possible. It is in no key. */
  exchangeColumn(table: string, from: string, column: NewColumn): readonly string[];
  /** Drops a temporary table if it exists. */
  dropTable(reference: string): readonly string[];
  /** Whether `alterColumn` turns every value into exactly the one that the new column keeps: `1` into `1`, `a` into `a`. */
  convertsInPlace(from: KeptColumn, to: KeptColumn): boolean;
  /** An expression that turns every value of the old column into exactly the one of the new; undefined where values are to be converted one by one. Needed for `bytea` to `text`. */
  convert(expression: string, from: KeptColumn, to: KeptColumn): string | undefined;
  /**
   * `immediate` only: statements that keep others out of a table while its columns are converted in several steps, and those
   * that let them in again. Meanwhile it is used under its own name and as `millrace_row`, and temporary tables beside it.
   */
  lockTable?(table: string): { readonly begin: readonly string[]; readonly end: readonly string[] };

  /** An expression: the time of the statement in UTC, as a column of type `timestamptz` is selected. */
  readonly now: string;
  /** A condition: the values of two expressions differ, or one of them alone is null. Texts compare byte by byte. */
  differs(a: string, b: string): string;
  /** A condition: two values of a key are equal, byte by byte. Neither is null. Default: `a = b`. */
  equal?(a: string, b: string, type: ColumnType): string;
  /** What values of a key are grouped by (GROUP BY, PARTITION BY), so that only equal ones come together: expressions with commas between, the value itself among them. Default: the value itself. */
  groups?(expression: string, type: ColumnType): string;
  /** An expression: the texts that are not null, with commas between; of any length. There are one to 50. Default: CONCAT_WS. */
  joinTexts?(expressions: readonly string[]): string;
  /** A SELECT with an ORDER BY, cut to so many rows. */
  limit(select: string, rows: number): string;
  /** A SELECT of one row by its whole key that locks the row for writing until the transaction ends, or fails with condition `lock-timeout` after about a second. */
  selectForUpdate(columns: string, table: string, where: string): string;
  /** An UPDATE of the rows of `target` that `where` joins with `from`, a FROM list. Its condition names each row of the target at most once. */
  updateFrom(update: {
    readonly target: string;
    readonly alias: string;
    /** Quoted names of columns, and expressions. */
    readonly set: readonly { readonly column: string; readonly value: string }[];
    readonly from: string;
    readonly where: string;
  }): string;
  /** A DELETE of rows under an alias; `where` may have subqueries on other tables. */
  deleteFrom(target: string, alias: string, where: string): string;
}
