import type { ColumnDefinition } from "../schema/table.ts";

/** A constraint or index on columns, with its name. */
export interface NamedColumns {
  readonly name: string;
  readonly columns: readonly string[];
}

/** A reference from columns of a table to the key of another one, or of itself. */
export interface PlannedForeignKey extends NamedColumns {
  readonly references: {
    readonly table: string;
    readonly namespace?: string;
    readonly columns: readonly string[];
  };
  /** What becomes of the rows when the one that they refer to is deleted. */
  readonly onDelete: "restrict" | "cascade" | "set null";
}

/** A table as it is to be created in one database: every name is final. What a dialect's `createTable` is given. */
export interface PlannedTable {
  readonly name: string;
  /** Database schema. Default: the connection's own. */
  readonly namespace?: string;
  /** In their order; that of the surrogate key comes first. */
  readonly columns: readonly ColumnDefinition[];
  /** The column whose numbers (bigint, from 1 up) the database allots. */
  readonly identity?: string;
  readonly primaryKey?: NamedColumns;
  readonly unique: readonly NamedColumns[];
  readonly indexes: readonly NamedColumns[];
  readonly foreignKeys: readonly PlannedForeignKey[];
}
