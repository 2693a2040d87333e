import type pg from "pg";
import type { z } from "zod";
import { eventCursor } from "../shared/event-cursor.ts";
import { instantSql } from "../shared/instant-sql.ts";
import { type PageRow, pageText } from "../shared/page-text.ts";
import { Where } from "../shared/where.ts";
import type { EventsQuery } from "./schemas.ts";

/** Which events are wanted. */
export type EventsFilter = Pick<z.output<typeof EventsQuery>, "limit"> &
  Partial<z.output<typeof EventsQuery>>;

/** A page of events as JSON text, newest first. */
export async function listEvents(pool: pg.Pool, query: EventsFilter): Promise<string> {
  const where = new Where();
  where.add("event.id < ?::bigint", eventCursor(query.after));
  where.add("event.run = ?::uuid", query.run);
  where.add("event.pipeline = ?", query.pipeline);
  where.add('event."group" = ?', query.group);
  where.add(`event.at >= ?::timestamptz AND ${BEGINS}`, query.from);
  where.add(`event.at < ?::timestamptz AND ${ENDS}`, query.to);
  const limit = where.value(query.limit + 1);
  const { rows } = await pool.query<PageRow>(
    query.type === undefined ? listed(where.sql, limit) : listedByType(where, query.type, limit),
    where.values,
  );
  return pageText(rows, query.limit);
}

/**
 * Ids are given in the order of time, but for those who were late or whose clock is wrong: with ten minutes for them, a time
 * bounds the ids, so that what is older or newer is not read.
 */
const ENDS = `event.id <= coalesce((SELECT max(id) FROM (SELECT id FROM millrace_control.events
  WHERE at < ?::timestamptz + interval '10 minutes' ORDER BY at DESC LIMIT 100) AS near), 0)`;
const BEGINS = `event.id >= coalesce((SELECT min(id) FROM (SELECT id FROM millrace_control.events
  WHERE at >= ?::timestamptz - interval '10 minutes' ORDER BY at LIMIT 100) AS near), 9223372036854775807)`;

const ITEM = `(SELECT row_to_json(item) FROM (SELECT event.id, ${instantSql("event.at")} AS at, event.type, event.pipeline,
  event."group", event.run, event.worker, event.data) AS item)`;

function listed(condition: string, limit: string): string {
  return `SELECT event.id::text AS key, ${ITEM}::text AS item FROM millrace_control.events AS event
    WHERE ${condition} ORDER BY event.id DESC LIMIT ${limit}`;
}

/** The newest of each type by itself, so that rare ones are found without reading all that came between them. */
function listedByType(where: Where, types: readonly string[], limit: string): string {
  const each = [...new Set(types)].map((type) => {
    const place = where.value(type);
    return `(SELECT event.* FROM millrace_control.events AS event WHERE ${where.sql} AND event.type = ${place}
      ORDER BY event.id DESC LIMIT ${limit})`;
  });
  return `SELECT event.id::text AS key, ${ITEM}::text AS item FROM (${each.join(" UNION ALL ")}) AS event
    ORDER BY event.id DESC LIMIT ${limit}`;
}
