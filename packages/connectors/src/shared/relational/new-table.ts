/** A column that is created or changed. */
export interface NewColumn {
  readonly name: string;
  /** Of its codec. */
  readonly sqlType: string;
  /** NOT NULL. */
  readonly required: boolean;
  /**
   * To be noted with the column, and given back by `describe`, so that its type is known again: `numeric as text`. Where the
   * database has comments on columns, that is the place. Undefined: nothing, and whatever is noted is to be taken away.
   */
  readonly mark: string | undefined;
  /** A whole number that the database counts up by itself; it is the whole primary key. Default false. */
  readonly identity?: boolean;
}

/** A table that is created. */
export interface NewTable {
  /** As `table` or `temporary` of the dialect give it. */
  readonly reference: string;
  readonly columns: readonly NewColumn[];
  /** Empty: none. */
  readonly primaryKey: readonly string[];
  /** The primary key's name. */
  readonly primaryKeyName: string;
  readonly indexes: readonly { readonly name: string; readonly columns: readonly string[] }[];
  /** Lives as long as the connection and is seen by it alone. */
  readonly temporary: boolean;
}
