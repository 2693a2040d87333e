import {
  MillraceError,
  type ColumnDefinition,
  type Row,
  type RowBatch,
  type StreamOptions,
} from "@millrace/core";
import type { Socket } from "node:net";
import type pg from "pg";
import Cursor from "pg-cursor";
import { databaseError } from "./database-error.ts";
import { refuseDoubled, TYPES, type SentStatement } from "./postgres-statements.ts";
import { readingTypeOf } from "./reading-type.ts";

const BATCH_ROWS = 1_000;

/** Where a statement that answers many rows finds its connection. */
export interface ConnectionLease {
  readonly location: string;
  /** For a cancellation, which needs another connection. */
  readonly pool: pg.Pool;
  take(): Promise<pg.PoolClient>;
  /** @param broken the connection is of no more use. */
  giveBack(client: pg.PoolClient, broken: boolean): void;
}

/** A connection of the pool's for each statement. */
export function pooled(pool: pg.Pool, location: string): ConnectionLease {
  return {
    location,
    pool,
    take: () => pool.connect(),
    giveBack: (client, broken) => client.release(broken),
  };
}

/** The rows of a statement, fetched a batch at a time through a portal. */
export async function* streamRows(
  lease: ConnectionLease,
  statement: SentStatement,
  options: StreamOptions = {},
): AsyncGenerator<RowBatch> {
  const { batchRows = BATCH_ROWS, signal } = options;
  const where = `streaming from ${lease.location}`;
  yield* leased(lease, { where, signal }, async function* (client, state) {
    const cursor = client.query(new Cursor<Row>(statement.text, statement.values, { types: TYPES }));
    try {
      yield* batches(cursor, batchRows, where);
    } finally {
      // A lost connection would never say that the portal is closed.
      await Promise.race([cursor.close().catch(() => undefined), state.lost]);
    }
  });
}

/** How a reading stands with its connection. */
export interface LeaseState {
  aborted: boolean;
  /** Resolves when the connection is gone. */
  readonly lost: Promise<void>;
  /** The connection is in the middle of an answer that nothing else ends: it cannot be used any more. */
  unfinished: boolean;
}

/** Lends a connection to a reading, ends it when it is aborted, and says what went wrong. */
export async function* leased<T>(
  lease: ConnectionLease,
  { where, signal }: { readonly where: string; readonly signal: AbortSignal | undefined },
  read: (client: pg.PoolClient, state: LeaseState) => AsyncIterable<T>,
): AsyncGenerator<T> {
  refuseAborted(signal, where);
  const client = await lease.take().catch((error: unknown) => {
    throw databaseError(error, where);
  });
  let lose = (): void => undefined;
  const lost = new Promise<void>((resolve) => (lose = resolve));
  client.once("end", lose);
  const state: LeaseState = { aborted: false, unfinished: false, lost };
  const dispose = aborting({ pool: lease.pool, client, signal, state });
  try {
    yield* read(client, state);
  } catch (error) {
    refuseAborted(signal, where);
    throw databaseError(error, where);
  } finally {
    dispose();
    client.removeListener("end", lose);
    if (state.unfinished && !state.aborted) cancel(lease.pool, client);
    lease.giveBack(client, state.aborted || state.unfinished);
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
function aborting(of: {
  readonly pool: pg.Pool;
  readonly client: pg.PoolClient;
  readonly signal: AbortSignal | undefined;
  readonly state: LeaseState;
}): () => void {
  const { pool, client, signal, state } = of;
  const abort = (): void => {
    state.aborted = true;
    cancel(pool, client);
    cut(client);
  };
  signal?.addEventListener("abort", abort, { once: true });
  return () => signal?.removeEventListener("abort", abort);
}

/** Cuts a connection that is in use without a word. */
export function cut(client: pg.PoolClient): void {
  const { connection } = client as unknown as { connection: { stream: Socket } };
  connection.stream.destroy(new Error("the connection was closed"));
}

/** Lets the server end what it is doing for a connection, which it would otherwise go on with until it has something to send. */
function cancel(pool: pg.Pool, client: pg.PoolClient): void {
  const { processID } = client as unknown as { processID: number };
  pool.query("SELECT pg_cancel_backend($1)", [processID]).catch(() => undefined);
}

function refuseAborted(signal: AbortSignal | undefined, where: string): void {
  if (signal?.aborted === true) throw new MillraceError("MLR_RUN_STOPPED", `${where} was stopped`);
}
