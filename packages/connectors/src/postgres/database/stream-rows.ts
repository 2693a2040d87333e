import {
  MillraceError,
  type ColumnDefinition,
  type Row,
  type RowBatch,
  type StreamOptions,
} from "@millrace/core";
import type pg from "pg";
import Cursor from "pg-cursor";
import { databaseError } from "./database-error.ts";
import { refuseDoubled, TYPES, type SentStatement } from "./postgres-statements.ts";
import { readingTypeOf } from "./reading-type.ts";

const BATCH_ROWS = 1_000;

/** What a stream reads from. */
export interface StreamTarget {
  readonly pool: pg.Pool;
  readonly location: string;
}

/** The rows of a statement, fetched a batch at a time through a portal, on a connection of their own. */
export async function* streamRows(
  { pool, location }: StreamTarget,
  statement: SentStatement,
  options: StreamOptions = {},
): AsyncGenerator<RowBatch> {
  const { batchRows = BATCH_ROWS, signal } = options;
  const where = `streaming from ${location}`;
  refuseAborted(signal, where);
  const client = await pool.connect().catch((error: unknown) => {
    throw databaseError(error, where);
  });
  const abort = aborting({ pool, client, signal });
  try {
    const cursor = client.query(new Cursor<Row>(statement.text, statement.values, { types: TYPES }));
    try {
      yield* batches(cursor, batchRows, where);
    } finally {
      // After an error the portal is gone, and so is the connection after an abort.
      if (!abort.done) await cursor.close().catch(() => undefined);
    }
  } catch (error) {
    refuseAborted(signal, where);
    throw databaseError(error, where);
  } finally {
    abort.dispose();
    client.release(abort.done);
  }
}

async function* batches(cursor: Cursor<Row>, size: number, where: string): AsyncGenerator<RowBatch> {
  let columns: readonly ColumnDefinition[] | undefined;
  for (;;) {
    const { rows, fields } = await read(cursor, size);
    if (columns === undefined) {
      refuseDoubled(fields, where);
      columns = fields.map(columnOf);
    } else if (rows.length === 0) return;
    yield { columns, rows };
    if (rows.length < size) return;
  }
}

function read(cursor: Cursor<Row>, size: number): Promise<{ rows: Row[]; fields: readonly pg.FieldDef[] }> {
  return new Promise((resolve, reject) => {
    cursor.read(size, (error, rows, result) => {
      if (error) reject(error);
      // What answers no rows at all, such as an UPDATE, has no fields.
      else resolve({ rows, fields: (result as pg.QueryResult | undefined)?.fields ?? [] });
    });
  });
}

function columnOf({ name, dataTypeID, dataTypeModifier }: pg.FieldDef): ColumnDefinition {
  return { name, type: readingTypeOf(dataTypeID, dataTypeModifier) ?? { kind: "text" } };
}

/** An abort ends the statement on the server, and the connection with it, since it may be anywhere in the answer. */
function aborting(of: { pool: pg.Pool; client: pg.PoolClient; signal: AbortSignal | undefined }): {
  readonly done: boolean;
  dispose(): void;
} {
  const { pool, client, signal } = of;
  let done = false;
  const abort = (): void => {
    done = true;
    const { processID } = client as unknown as { processID: number };
    pool.query("SELECT pg_cancel_backend($1)", [processID]).catch(() => undefined);
    (
      client as unknown as { connection: { stream: { destroy(error: Error): void } } }
    ).connection.stream.destroy(new Error("aborted"));
  };
  signal?.addEventListener("abort", abort, { once: true });
  return {
    get done() {
      return done;
    },
    dispose: () => signal?.removeEventListener("abort", abort),
  };
}

function refuseAborted(signal: AbortSignal | undefined, where: string): void {
  if (signal?.aborted === true) throw new MillraceError("MLR_RUN_STOPPED", `${where} was stopped`);
}
