import type { CollectedTables, QuarantinePage, RowsPage, RowsQuery, TableReader } from "@millrace/api";
import type { RowVersion } from "@millrace/core";

/** What the process has to know of a project. */
export interface ReaderProject {
  /** The project's folder. */
  readonly root: string;
  /** Connection URL of the default database. */
  readonly databaseUrl: string;
  /** Connection URL of the control database, where the project's secrets are. */
  readonly controlUrl: string;
}

/** What can be asked, and what comes back. */
export interface Answers {
  readonly tables: CollectedTables;
  readonly rows: RowsPage;
  readonly quarantine: QuarantinePage;
  readonly history: readonly RowVersion[];
  readonly changes: Awaited<ReturnType<TableReader["changes"]>>;
  readonly state: { readonly state: Awaited<ReturnType<TableReader["state"]>> };
  readonly find: { readonly table: string; readonly pipelines: readonly string[]; readonly mode: string };
}

/** A question. */
export type Question =
  | { readonly kind: "tables" }
  | { readonly kind: "rows"; readonly table: string; readonly query: RowsQuery }
  | { readonly kind: "quarantine"; readonly table: string; readonly query: Omit<RowsQuery, "of" | "sort"> }
  | { readonly kind: "history"; readonly table: string; readonly key: Readonly<Record<string, string>> }
  | {
      readonly kind: "changes";
      readonly table: string;
      readonly between: Parameters<TableReader["changes"]>[1];
    }
  | { readonly kind: "state"; readonly pipeline: string }
  /** The table that an id names. */
  | { readonly kind: "find"; readonly table: string };

/** What the process is told. The project comes first, and once. */
export type ToReader =
  | { readonly type: "open"; readonly project: ReaderProject }
  | { readonly type: "ask"; readonly number: number; readonly question: Question };

/** An error without what cannot be sent. */
export interface SentError {
  readonly code: string;
  readonly message: string;
  readonly hint?: string | undefined;
  readonly details?: Readonly<Record<string, unknown>> | undefined;
}

/** What the process tells. */
export type FromReader =
  | { readonly type: "answer"; readonly number: number; readonly answer: Answers[keyof Answers] }
  | { readonly type: "failure"; readonly number: number; readonly error: SentError };
