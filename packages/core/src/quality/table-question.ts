import type { Json } from "../json.ts";

/** What may be asked about a table as it will be after a commit. Columns and tables are under the destination's names. */
export type TableQuestion =
  /** How many rows it holds. */
  | { readonly ask: "count" }
  /** How many rows have the same values in these columns as another row; rows with a null among them are left out. */
  | { readonly ask: "duplicates"; readonly columns: readonly string[] }
  /** How many rows refer to nothing: no row of the other table has these values; rows with a null among them are left out. */
  | {
      readonly ask: "orphans";
      readonly columns: readonly string[];
      readonly references: {
        readonly table: string;
        /** Default: that of the table which is asked about. */
        readonly namespace?: string;
        readonly columns: readonly string[];
      };
    }
  /** The greatest value of a date or time column. */
  | { readonly ask: "newest"; readonly column: string }
  /** How many rows a SELECT returns. It only reads: nothing that it does stays. */
  | { readonly ask: "sql"; readonly statement: string };

/** Which questions there are. */
export type QuestionKind = TableQuestion["ask"];

/** All of them, in the order in which they are documented. */
export const QUESTIONS: readonly QuestionKind[] = ["count", "duplicates", "orphans", "newest", "sql"];

/** What a destination answers. */
export interface TableAnswer {
  /** `count`, `sql`: rows; `duplicates`, `orphans`: rows that are so; `newest`: rows with a value. */
  readonly count: number;
  /** `newest` alone: ISO 8601 in UTC; null where no row has a value. */
  readonly newest?: string | null;
  /** Some of the rows that were counted, as texts: for `duplicates` and `orphans` the table's key and the columns. */
  readonly samples: readonly Readonly<Record<string, Json>>[];
}

/** A question with what belongs to it. */
export interface TableInquiry {
  readonly table: { readonly name: string; readonly namespace?: string };
  readonly question: TableQuestion;
  /** At most so many samples. */
  readonly samples: number;
}

/**
 * Asks about a table. Undefined where there is no such table. A question that the database refuses (an error in a
 * statement, a column that is not there) throws, and does no harm to the commit.
 */
export type AskTable = (inquiry: TableInquiry) => Promise<TableAnswer | undefined>;

/** What a destination can be asked, and when: part of its capabilities. */
export interface TableChecks {
  readonly questions: readonly QuestionKind[];
  /** `before-commit`: within the transaction, which is given up when `Cut.verify` throws. `after-commit`: of what has landed. */
  readonly when: "before-commit" | "after-commit";
}
