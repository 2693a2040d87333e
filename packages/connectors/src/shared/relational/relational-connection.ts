import type { DriverValue } from "./driver-value.ts";

/** Where a bulk load goes. */
export interface BulkTarget {
  /** As `table` or `temporary` of the dialect give it. */
  readonly reference: string;
  readonly columns: readonly { readonly name: string; readonly sqlType: string }[];
}

/**
 * One connection, used by one caller at a time. Settings that change what SQL means are set when it is opened, whatever the
 * server's or the user's own are: UTC, no time limit on statements, READ COMMITTED or stricter, strict types, and quotes in
 * texts doubled without other escapes. Methods throw what the driver throws; `RelationalDialect.failure` explains it.
 */
export interface RelationalConnection {
  /** The rows of an answer that is small, by the names of its columns. */
  query(statement: string): Promise<Record<string, unknown>[]>;
  /** Runs a statement and resolves to the number of rows it found to change or changed: rows that were equal already count. */
  execute(statement: string): Promise<number>;
  /** A large answer in bounded memory, some rows at a time. Nothing else runs on the connection until it has ended. */
  stream(statement: string): AsyncIterable<Record<string, unknown>[]>;
  /** Loads rows by the fastest way that the database has; values are in the order of the columns. Resolves when it is done. */
  load(target: BulkTarget, rows: readonly (readonly DriverValue[])[]): Promise<void>;
  begin(): Promise<void>;
  commit(): Promise<void>;
  /** Does nothing where no transaction is open. */
  rollback(): Promise<void>;
  /**
   * Takes the lock of this name (at most 60 characters) for as long as the connection lives, so that a successor can tell
   * whether its predecessor is still connected. With `force` it first ends the connection that has it. Resolves to whether
   * it was taken, after a few seconds at most. A database without such locks resolves to true.
   */
  holdName(name: string, force: boolean): Promise<boolean>;
  /** Idempotent; never fails. @param abruptly without saying goodbye, also in the middle of a statement. */
  close(abruptly?: boolean): Promise<void>;
}
