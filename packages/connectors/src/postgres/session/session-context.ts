import type { Step } from "../internals.ts";
import type { Connection } from "./connection.ts";
import type { CopyLane } from "./copy-lane.ts";
import type { Transaction } from "./transaction.ts";

/** What the parts of a session share. */
export interface SessionContext {
  readonly connection: Connection;
  readonly lane: CopyLane;
  readonly transaction: Transaction;
  readonly pipeline: string;
  /** Whose tables are written; other than `pipeline` where that is a partition's state. */
  readonly tablesOf: string;
  /** The run (UUID) that the rows are written for. */
  readonly run: string;
  /** Only looks: nothing may go into a table that stays. */
  readonly dryRun: boolean;
  /** Bytes that the fingerprints of one table may take. */
  readonly fingerprintBytes: number;
  /** Bytes that a pass over what an epoch has seen may take. */
  readonly passBytes: number;
  /** Ids of the open epochs that are in the database. */
  readonly storedEpochs: { has(id: string): boolean };
  /** A number that no temporary table of this session has yet. */
  nextNumber(): number;
  step(step: Step): Promise<void>;
}

/** Runs a statement, ending the COPY under way before it. */
export async function runSql<R extends object = Record<string, unknown>>(
  context: SessionContext,
  what: string,
  statement: string | { readonly name: string; readonly text: string },
  values?: readonly unknown[],
): Promise<{ rows: R[]; rowCount: number }> {
  await context.lane.finish();
  return context.connection.query<R>(what, statement, values);
}
