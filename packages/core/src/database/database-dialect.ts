import type { PlannedTable } from "./table-plan.ts";

/** What one kind of database writes otherwise than the next: all that portable SQL is made with. */
export interface DatabaseDialect {
  /** A word for people, such as `mariadb`. */
  readonly kind: string;
  readonly identifiers: {
    /** A name of so many bytes in UTF-8 is surely not too long. */
    readonly maxBytes: number;
  };
  /** The placeholder of a statement's value, from 1 up: `$1`, `?`, `@p1`. */
  placeholder(number: number): string;
  /** What follows an ORDER BY to have so many rows at most: `LIMIT 100`. */
  limit(rows: number): string;
  /**
   * The statements that create a table where it does not exist yet, with its indexes and constraints, in their order.
   * Fails with MLR_DATABASE_UNSUPPORTED for what the database does not have, naming it.
   */
  createTable(table: PlannedTable): readonly string[];
}
