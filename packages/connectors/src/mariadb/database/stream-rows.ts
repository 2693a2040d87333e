import { MillraceError, type Row, type RowBatch, type StreamOptions } from "@millrace/core";
import { once } from "node:events";
import type { Connection, FieldInfo } from "mariadb";
import { databaseError } from "../errors.ts";
import { answerColumns, readFields, type SentStatement } from "./mariadb-statements.ts";

const BATCH_ROWS = 1_000;

/** A connection that a reading has for itself. */
export interface Lease {
  readonly connection: Connection;
  /** @param broken it is of no more use: the rest of an answer may be on its way. */
  end(broken: boolean): void;
}

/** The rows of a statement, a batch at a time; the server is read from no faster than they are taken. */
export async function* streamRows(
  take: () => Promise<Lease>,
  statement: SentStatement,
  { where, options = {} }: { readonly where: string; readonly options?: StreamOptions | undefined },
): AsyncGenerator<RowBatch> {
  const { batchRows = BATCH_ROWS, signal } = options;
  refuseAborted(signal, where);
  const lease = await take();
  let over = false;
  const abort = (): void => lease.connection.destroy();
  signal?.addEventListener("abort", abort, { once: true });
  try {
    yield* batches(lease.connection, statement, { where, batchRows });
    over = true;
  } catch (error) {
    refuseAborted(signal, where);
    throw databaseError(error, where);
  } finally {
    signal?.removeEventListener("abort", abort);
    lease.end(!over);
  }
}

async function* batches(
  connection: Connection,
  { text, values }: SentStatement,
  { where, batchRows }: { readonly where: string; readonly batchRows: number },
): AsyncGenerator<RowBatch> {
  const prepared = await connection.prepare(text);
  const stream = prepared.executeStream([...values]);
  const described = once(stream, "fields") as Promise<[FieldInfo[]]>;
  // A statement that fails does so before it tells its columns; the loop below tells that.
  described.catch(() => undefined);
  let columns: ReturnType<typeof answerColumns> | undefined;
  let rows: Row[] = [];
  let given = false;
  for await (const values of stream) {
    columns ??= answerColumns((await described)[0], where);
    rows.push(readFields(columns, values as Readonly<Record<string, unknown>>));
    if (rows.length < batchRows) continue;
    yield { columns, rows };
    given = true;
    rows = [];
  }
  prepared.close();
  columns ??= answerColumns((await described)[0], where);
  if (rows.length > 0 || !given) yield { columns, rows };
}

function refuseAborted(signal: AbortSignal | undefined, where: string): void {
  if (signal?.aborted === true) throw new MillraceError("MLR_RUN_STOPPED", `${where} was stopped`);
}
