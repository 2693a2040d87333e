import type pg from "pg";
import { storableJson } from "../store/storable-json.ts";
import type { PlatformEvent } from "./platform-event.ts";

/** The channel of LISTEN on which new events are announced. */
export const EVENTS_CHANNEL = "millrace_events";
/** Longest text inside an event's data, in characters. */
const TEXT_LENGTH = 8_000;
/** Longest list inside an event's data. */
const LIST_LENGTH = 200;

/**
 * Records what happened, and wakes the subscribers. With a client that has a transaction open the events are part of it:
 * nobody hears of them unless it commits. Texts over 8,000 characters and lists over 200 entries are cut.
 * Fails as the database does; the caller decides whether that matters.
 */
export async function publish(
  executor: pg.Pool | pg.ClientBase,
  events: PlatformEvent | readonly PlatformEvent[],
): Promise<void> {
  const list = Array.isArray(events) ? (events as readonly PlatformEvent[]) : [events as PlatformEvent];
  if (list.length === 0) return;
  await executor.query(PUBLISH, [storableJson(list.map(cut))]);
}

const PUBLISH = `
  WITH added AS (
    INSERT INTO millrace_control.events (at, type, pipeline, "group", run, worker, data)
    SELECT (event->>'at')::timestamptz, event->>'type', event->>'pipeline', event->>'group', (event->>'run')::uuid,
      event->>'worker', coalesce(event->'data', '{}')
    FROM jsonb_array_elements($1::jsonb) WITH ORDINALITY AS given (event, place) ORDER BY place
    RETURNING id
  ) SELECT pg_notify('${EVENTS_CHANNEL}', '') FROM (SELECT count(*) FROM added) AS done`;

function cut(value: unknown): unknown {
  if (typeof value === "string")
    return value.length > TEXT_LENGTH ? `${value.slice(0, TEXT_LENGTH)}…` : value;
  if (Array.isArray(value)) return value.slice(0, LIST_LENGTH).map(cut);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, cut(inner)]));
}
