import { MillraceError } from "@millrace/core";
import type pg from "pg";
import { newRunId } from "../../store/run-id.ts";

/** What nobody is told for a time. */
export interface Mute {
  /** UUID. */
  readonly id: string;
  /** Null: of any pipeline. */
  readonly pipeline: string | null;
  /** Null: by any rule. */
  readonly rule: string | null;
  /** ISO 8601, as `createdAt`. */
  readonly until: string;
  readonly reason: string | null;
  readonly createdBy: string;
  readonly createdAt: string;
  /** What it has kept from being told so far. */
  readonly held: number;
}

/** A mute that is to begin: of a pipeline, of a rule, or of a pipeline by a rule. */
export interface NewMute {
  readonly pipeline?: string | undefined;
  readonly rule?: string | undefined;
  /** Milliseconds since 1970. */
  readonly until: number;
  readonly reason?: string | undefined;
  readonly by: string;
  /** Milliseconds since 1970. */
  readonly now: number;
}

/** Longest time for which something is muted: beyond it the rule should be changed. */
const LONGEST_MS = 366 * 86_400_000;

interface MuteRow extends Omit<Mute, "until" | "createdAt"> {
  readonly until: Date;
  readonly createdAt: Date;
}

const COLUMNS = `id, pipeline, rule, until, reason, created_by AS "createdBy", created_at AS "createdAt", held::float8 AS held`;

/** Keeps messages from being told until a time. Fails with MLR_ARGUMENT_INVALID. */
export async function addMute(pool: pg.Pool, mute: NewMute): Promise<Mute> {
  const { pipeline = null, rule = null, until, reason = null, by, now } = mute;
  if (pipeline === null && rule === null) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", "A mute is of a pipeline, of a rule, or of both", {
      hint: "Give `pipeline`, `rule`, or both.",
    });
  }
  if (until <= now || until - now > LONGEST_MS) {
    throw new MillraceError("MLR_ARGUMENT_INVALID", "A mute ends in the future, and within a year", {
      details: { field: "until" },
      hint: "Give `until` as ISO 8601 with a zone, such as 2026-12-01T08:00:00Z.",
    });
  }
  const { rows } = await pool.query<MuteRow>(
    `INSERT INTO millrace_control.notification_mutes (id, pipeline, rule, until, reason, created_by, created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7) RETURNING ${COLUMNS}`,
    [newRunId(), pipeline, rule, new Date(until), reason, by, new Date(now)],
  );
  const [row] = rows;
  if (row === undefined) throw new MillraceError("MLR_INTERNAL", "A mute was not stored");
  return muteOf(row);
}

/** What is muted at a time, the next to end first. @param now milliseconds since 1970 */
export async function listMutes(pool: pg.Pool, now: number): Promise<readonly Mute[]> {
  const { rows } = await pool.query<MuteRow>(
    `SELECT ${COLUMNS} FROM millrace_control.notification_mutes WHERE until > $1 ORDER BY until, id LIMIT 1000`,
    [new Date(now)],
  );
  return rows.map(muteOf);
}

/** Ends a mute before its time; false where it does not last. */
export async function endMute(pool: pg.Pool, id: string, now: number): Promise<boolean> {
  const { rowCount } = await pool.query(
    "UPDATE millrace_control.notification_mutes SET until = $2 WHERE id = $1 AND until > $2",
    [id, new Date(now)],
  );
  return rowCount === 1;
}

/** True where it may not be told now; that is counted. Within the caller's transaction. */
export async function isMuted(
  client: pg.ClientBase,
  what: { readonly rule: string; readonly pipeline: string | undefined },
  now: number,
): Promise<boolean> {
  const { rowCount } = await client.query(
    `UPDATE millrace_control.notification_mutes SET held = held + 1
     WHERE until > $3 AND (rule IS NULL OR rule = $1) AND (pipeline IS NULL OR pipeline = $2)`,
    [what.rule, what.pipeline ?? null, new Date(now)],
  );
  return (rowCount ?? 0) > 0;
}

function muteOf({ until, createdAt, ...row }: MuteRow): Mute {
  return { ...row, until: until.toISOString(), createdAt: createdAt.toISOString() };
}
