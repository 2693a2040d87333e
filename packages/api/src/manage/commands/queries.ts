import type pg from "pg";
import type { z } from "zod";
import { instantSql } from "../shared/instant-sql.ts";
import { pageOfRows } from "../shared/page-of-rows.ts";
import { cursorInstantSql, timeCursor, timeCursorSql, UUID_PATTERN } from "../shared/time-cursor.ts";
import { Where } from "../shared/where.ts";
import type { Command, CommandsPage, CommandsQuery } from "./schemas.ts";

/** A page of commands, newest first. */
export async function listCommands(
  pool: pg.Pool,
  query: z.output<typeof CommandsQuery>,
): Promise<z.output<typeof CommandsPage>> {
  const where = new Where();
  where.add("pipeline = ?", query.pipeline);
  where.add("kind = ?", query.kind);
  where.add("status = ?", query.status);
  const cursor = timeCursor(query.after, UUID_PATTERN);
  if (cursor !== undefined) {
    const at = cursorInstantSql(where.value(cursor.micros));
    where.always(`(requested_at, id) < (${at}, ${where.value(cursor.id)}::uuid)`);
  }
  const { rows } = await pool.query<Command & { cursor: string }>(
    `SELECT id, kind, pipeline, run, requested_by AS "requestedBy", ${instantSql("requested_at")} AS "requestedAt", status,
       worker, ${instantSql("accepted_at")} AS "acceptedAt", ${instantSql("done_at")} AS "doneAt", result AS outcome,
       ${timeCursorSql("requested_at", "id")} AS cursor
     FROM millrace_control.commands WHERE ${where.sql}
     ORDER BY requested_at DESC, id DESC LIMIT ${where.value(query.limit + 1)}`,
    where.values,
  );
  return pageOfRows(rows, query.limit);
}
