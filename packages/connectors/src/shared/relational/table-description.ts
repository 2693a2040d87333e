/** A column as the database describes it. */
export interface DescribedColumn {
  readonly name: string;
  /** Its type as the database writes it, for messages: `varchar(20)`. */
  readonly sqlType: string;
  /**
   * The type in Millrace's words that keeps and gives back all values of a column of this SQL type, as `formatColumnType`
   * writes it; undefined where there is none. Counts only where the column has no mark.
   */
  readonly type: string | undefined;
  /** What `NewColumn.mark` noted; undefined where nothing is noted. */
  readonly mark: string | undefined;
  readonly nullable: boolean;
  /** Computed by the database, so that nothing may be written to it. */
  readonly generated: boolean;
  readonly hasDefault: boolean;
}

/** A table, or whatever else has its name, as the database describes it. */
export interface TableDescription {
  /** A word for messages; only a `table` can be written. */
  readonly kind: "table" | "view" | "other";
  /** In their order. */
  readonly columns: readonly DescribedColumn[];
  /** Columns of the primary key in its order; empty where there is none. */
  readonly primaryKey: readonly string[];
  /** Sets of columns that are unique besides the primary key: whole columns, all rows. */
  readonly unique: readonly (readonly string[])[];
}
