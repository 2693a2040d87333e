import type { Json } from "../json.ts";
import type { Row } from "../row.ts";
import type { ColumnDefinition, SchemaChange } from "../schema/table.ts";
import type { QuestionKind, TableAnswer, TableQuestion } from "./table-question.ts";
import type { QualityStatus } from "./quality-result.ts";

/**
 * What happens when a rule fails. `warn`: it is reported. `fail`: the run fails before the commit, of which nothing lands.
 * `quarantine` (rules on single rows): the row goes to the quarantine with the rule's name as the reason.
 */
export type Severity = "warn" | "fail" | "quarantine";

/** What every rule on a table as a whole may be given. */
export interface TableRuleOptions {
  /** What happens when it fails. Default `warn`. */
  readonly severity?: "warn" | "fail";
  /** What it is called in results, unique within its table. Default made of the function and its columns, such as `unique(email)`. */
  readonly name?: string;
  /** How many failing rows are kept with a result, from 0 to 100. Default 5. */
  readonly samples?: number;
}

/** What every rule on single rows may be given. */
export interface RowRuleOptions extends Omit<TableRuleOptions, "severity"> {
  /** What happens to rows that fail. Default `warn`. */
  readonly severity?: Severity;
}

/** True where the row is as it should be. Rows are in storage form under the table's names. */
export type RowTest = (row: Row) => boolean;

/** The column of a table that a rule means by this name; undefined while the table has none. */
export type FindColumn = (name: string) => ColumnDefinition | undefined;

/** What a rule on a table found. */
export interface Finding {
  readonly status: QualityStatus;
  readonly observed: Json;
  readonly failures: number;
  readonly checked?: number | null;
  readonly expected?: string;
  readonly samples?: readonly Json[];
  readonly reason?: string;
}

/** What a rule on a table can look at. */
export interface TableLook {
  readonly table: string;
  readonly column: FindColumn;
  /** Rows that the run has brought to the table so far, without those in the quarantine. */
  readonly brought: number;
  /** Why the run does not bring all that there is; undefined where it does. */
  readonly partial: string | undefined;
  /** Milliseconds since 1970. */
  readonly nowMs: number;
  /** Changes that this run made to columns of a table which was there before it. */
  readonly changes: readonly SchemaChange[];
  /** What the rule observed in runs before, newest first; undefined where nobody keeps it. */
  past(limit: number): Promise<readonly number[] | undefined>;
  /** Asks the destination; undefined where there is no such table. Only questions that the rule `needs`. */
  ask(question: TableQuestion): Promise<TableAnswer | undefined>;
}

/** How a rule looks at data. */
export type RuleTest =
  /** Each row by itself, as it passes. Undefined where the table has not the columns for it. */
  | { readonly per: "row"; compile(column: FindColumn): RowTest | undefined }
  /** Rows are counted as they pass, and judged together when the run ends. */
  | {
      readonly per: "share";
      compile(column: FindColumn): RowTest | undefined;
      judge(counted: { readonly checked: number; readonly failures: number }): boolean;
    }
  /** The table as it will be. */
  | {
      readonly per: "table";
      /** What the destination has to be able to answer. */
      readonly needs: readonly QuestionKind[];
      /** Judged before every commit, not only when the run ends; for rules that ask nothing. Default false. */
      readonly always?: boolean;
      judge(look: TableLook): Promise<Finding>;
    };

/** A rule that data has to meet: what `notNull`, `unique` and their like return. */
export interface QualityRule {
  /** The function that made it. */
  readonly kind: string;
  /** Unique within its table. */
  readonly name: string;
  readonly severity: Severity;
  /** The columns it is about, under the names that the rows or the table have. */
  readonly columns: readonly string[];
  /** What it asks for, for people. */
  readonly expected: string;
  /** How many failing rows are kept with a result. */
  readonly samples: number;
  readonly test: RuleTest;
  /** What the function was given, where that is plain data, see `toPortable`. Absent: some of it is code. */
  readonly given?: readonly Json[];
}
