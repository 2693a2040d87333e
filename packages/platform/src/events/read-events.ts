import type pg from "pg";
import type { EventType, PlatformEvent } from "./platform-event.ts";

/** An event as it was stored. */
export type ReceivedEvent = PlatformEvent & {
  /** Tells it from all others; the same when it comes again. */
  readonly id: number;
  /** Its place in the order of delivery. */
  readonly seq: number;
};

/** What is read at once. */
export interface ReadEvents {
  /** Only events behind this place. */
  readonly after: number;
  /** Only events of these types. Default: all. */
  readonly types?: readonly EventType[] | undefined;
  readonly limit: number;
}

/** Events in their order. */
export interface EventPage {
  readonly events: readonly ReceivedEvent[];
  /** Everything up to this place was read. */
  readonly through: number;
  /** There may be more already. */
  readonly more: boolean;
}

/**
 * Gives each event that has committed its place in the order of delivery. Those who do so take turns, and each sees what
 * the one before has done, so that no event ever gets a place in front of one that was read.
 */
export async function orderEvents(database: pg.Pool | pg.ClientBase): Promise<void> {
  // Without values both statements go as one transaction in one message; the second looks after the first has its lock.
  await database.query(ORDER);
}

/** Any fixed number. */
const LOCK = 7_216_034_118_955_205n;
const ORDER_AT_ONCE = 2_000;
const ORDER = `
  SELECT pg_advisory_xact_lock(${LOCK});
  UPDATE millrace_control.events AS event SET seq = placed.seq
  FROM (
    SELECT id, nextval('millrace_control.event_seq') AS seq
    FROM (SELECT id FROM millrace_control.events WHERE seq IS NULL ORDER BY id LIMIT ${ORDER_AT_ONCE}) AS waiting
  ) AS placed
  WHERE event.id = placed.id`;

/** The place of the last event that has one; 0 where there is none. */
export async function lastSeq(database: pg.Pool | pg.ClientBase): Promise<number> {
  const { rows } = await database.query<{ seq: string | null }>(
    "SELECT max(seq) AS seq FROM millrace_control.events",
  );
  return Number(rows[0]?.seq ?? 0);
}

/** Reads the events behind a place, see `orderEvents`. */
export async function readEvents(database: pg.Pool | pg.ClientBase, read: ReadEvents): Promise<EventPage> {
  const { rows } = await database.query<Row>(READ, [read.after, read.types ?? null, read.limit]);
  const events = rows.flatMap((row) => (row.id === null ? [] : [received(row, row.id)]));
  const full = events.length === read.limit;
  const through = full ? (events.at(-1)?.seq ?? read.after) : Number(rows[0]?.horizon ?? 0);
  return { events, through: Math.max(read.after, through), more: full || rows[0]?.waiting === true };
}

const READ = `
  SELECT now.horizon, now.waiting, found.* FROM (
    SELECT coalesce((SELECT max(seq) FROM millrace_control.events), 0) AS horizon,
      EXISTS (SELECT FROM millrace_control.events WHERE seq IS NULL) AS waiting
  ) AS now LEFT JOIN LATERAL (
    SELECT id, seq, at, type, pipeline, "group", run, worker, data FROM millrace_control.events
    WHERE seq > $1 AND ($2::text[] IS NULL OR type = ANY ($2)) ORDER BY seq LIMIT $3
  ) AS found ON true ORDER BY found.seq`;

interface Row {
  readonly horizon: string;
  readonly waiting: boolean;
  readonly id: string | null;
  readonly seq: string;
  readonly at: Date;
  readonly type: EventType;
  readonly pipeline: string | null;
  readonly group: string | null;
  readonly run: string | null;
  readonly worker: string | null;
  readonly data: unknown;
}

function received(row: Row, id: string): ReceivedEvent {
  const { pipeline, group, run, worker } = row;
  return {
    id: Number(id),
    seq: Number(row.seq),
    type: row.type,
    at: row.at.toISOString(),
    ...(pipeline === null ? {} : { pipeline }),
    ...(group === null ? {} : { group }),
    ...(run === null ? {} : { run }),
    ...(worker === null ? {} : { worker }),
    data: row.data,
    // `publish` alone writes the table, and data belongs to the type.
  } as ReceivedEvent;
}
