import type { DriverValue } from "./driver-value.ts";

/** How a column of the database keeps the values of one type. Values in storage form are described in core's `schema/storage.ts`. */
export interface ColumnCodec {
  /** The type as it stands in CREATE TABLE: `DECIMAL(12,2)`, `nvarchar(max)`. */
  readonly sqlType: string;
  /** Storage form, never null → what the driver or the bulk load is given, and what `literal` writes. */
  readonly encode: (stored: unknown) => DriverValue;
  /** What the driver gives, never null → storage form. */
  readonly decode: (value: unknown) => unknown;
  /**
   * Whether the column can hold this value, such as a double that is NaN. Where it cannot, the toolkit turns the column
   * into one that keeps texts (see `RelationalDialect.text`). Absent: it can hold every value of the type.
   */
  readonly holds?: (stored: unknown) => boolean;
  /** Expression that selects the column so that `decode` gets it exact. Default: the column itself. */
  readonly select?: (column: string) => string;
}

/** What a column is for, as far as its SQL type depends on it. */
export interface ColumnPlace {
  /** Columns of the key that it is part of, which share the length that an index may have; 0 where it is in no key. */
  readonly keyColumns: number;
  /** `bytea` of exactly so many bytes, such as a row hash. Absent: any number. */
  readonly bytes?: number;
}
