import type { ColumnDefinition, Row } from "@millrace/core";

/** A line of a tap. */
export type SingerMessage = Readonly<Record<string, unknown>>;

/** How Singer messages are understood. */
export interface SingerReadingOptions {
  /** What writes the messages, for errors: `tap-github`, `standard input`. */
  readonly origin: string;
  /** False leaves a stream out. */
  wants(stream: string): boolean;
  /** True for streams that are read whole each time, whatever versions their messages name. */
  whole(stream: string): boolean;
  /** False: STATE messages commit nothing, only the end does. */
  readonly checkpoints: boolean;
  /** The tap was given the state that was committed last, which holds until it sends another one. */
  readonly resumes: boolean;
  /** False: ACTIVATE_VERSION and versions of records mean nothing. */
  readonly versions: boolean;
  /** A record without a value for its key: ends the reading with MLR_ROW_KEY_MISSING, or goes on to be rejected. */
  readonly missingKey: "fail" | "reject";
  /**
   * The key that a stream's table has whatever its schemas say, undefined where they decide. With this, a schema that
   * changes the key fails with MLR_SCHEMA_MISMATCH; without, that is left to the table.
   */
  readonly fixedKey?: (stream: string) => readonly string[] | undefined;
  /** Changes a record before it becomes a row. The message is empty for records of files. */
  readonly prepare?: (record: Row, message: SingerMessage, line: string) => Row;
  /** Columns besides those of the streams' schemas. */
  readonly extraColumns?: readonly ColumnDefinition[];
}
