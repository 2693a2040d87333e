import type pg from "pg";
import type { z } from "zod";
import { instantSql } from "../shared/instant-sql.ts";
import { pageOfRows } from "../shared/page-of-rows.ts";
import { cursorInstantSql, timeCursor, timeCursorSql } from "../shared/time-cursor.ts";
import { Where } from "../shared/where.ts";
import type { Notification, NotificationsPage, NotificationsQuery } from "./schemas.ts";

/** A page of messages, newest first. */
export async function listNotifications(
  pool: pg.Pool,
  { status, channel, pipeline, limit, after }: z.output<typeof NotificationsQuery>,
): Promise<z.output<typeof NotificationsPage>> {
  const where = new Where();
  where.add("status = ?", status);
  where.add("channel = ?", channel);
  where.add("pipeline = ?", pipeline);
  const cursor = timeCursor(after, /^\d{1,18}$/);
  if (cursor !== undefined) {
    const at = cursorInstantSql(where.value(cursor.micros));
    where.always(`(created_at, seq) < (${at}, ${where.value(cursor.id)}::bigint)`);
  }
  const { rows } = await pool.query<z.output<typeof Notification> & { cursor: string }>(
    `SELECT id, rule, channel, kind, severity, title, left(coalesce(message->>'text', ''), 4000) AS text, pipeline, run, status,
       attempts, left(last_error, 2000) AS "lastError", ${instantSql("created_at")} AS "createdAt",
       ${instantSql("next_at")} AS "nextAt", ${instantSql("sent_at")} AS "sentAt",
       ${timeCursorSql("created_at", "seq")} AS cursor
     FROM millrace_control.notifications WHERE ${where.sql}
     ORDER BY created_at DESC, seq DESC LIMIT ${where.value(limit + 1)}`,
    where.values,
  );
  return pageOfRows(rows, limit);
}
