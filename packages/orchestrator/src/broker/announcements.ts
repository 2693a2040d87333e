import type pg from "pg";

/** What is to be told, with everything that the message needs. */
export interface Announcement {
  readonly id: string;
  readonly kind: "run" | "freed" | "command";
  readonly subject: string;
  /** Of a run that waits; null where it does no longer. */
  readonly queue: string | null;
  readonly tries: number | null;
  readonly labelled: boolean | null;
  /** Of a command that waits: what it is, the worker of its run, and that run. */
  readonly command: string | null;
  readonly worker: string | null;
  readonly run: string | null;
}

/** A run that waits, and where to announce it. */
export interface WaitingRun {
  readonly id: string;
  readonly queue: string;
  readonly tries: number;
  readonly labelled: boolean;
}

/** Announcements that are read at once. */
export const ANNOUNCEMENTS_AT_ONCE = 1_000;
/** Runs that are announced again at once, when a broker has nothing left of a queue that has. */
const REPEATED_AT_ONCE = 10_000;
/** Runs that wait for the same thing, looked at when it is free. */
const LOOKED_AT = 200;

/** The announcements that are due, the most urgent ones first. */
export async function dueAnnouncements(database: pg.Pool): Promise<Announcement[]> {
  const { rows } = await database.query<Announcement>({ name: "millrace-announcements", text: DUE });
  return rows;
}

const DUE = `
  SELECT due.id, due.kind, due.subject, run.queue, run.tries, run.labels <> '{}' AS labelled,
    command.kind AS command, holder.worker, command.run
  FROM (
    SELECT * FROM millrace_control.announcements WHERE due_at <= clock_timestamp()
    ORDER BY due_at, id LIMIT ${ANNOUNCEMENTS_AT_ONCE}
  ) AS due
  LEFT JOIN millrace_control.runs AS run
    ON due.kind = 'run' AND run.id = due.subject AND run.status = 'queued' AND run.available_at <= clock_timestamp()
  LEFT JOIN millrace_control.commands AS command
    ON due.kind = 'command' AND command.id = due.subject AND command.status = 'pending'
  LEFT JOIN millrace_control.runs AS holder ON holder.id = command.run AND holder.status = 'running'
  ORDER BY run.priority DESC NULLS LAST, due.id`;

/** Forgets announcements, once the broker has them. */
export async function forgetAnnouncements(database: pg.Pool, ids: readonly string[]): Promise<void> {
  await database.query({
    name: "millrace-announced",
    text: "DELETE FROM millrace_control.announcements WHERE id = ANY ($1::bigint[])",
    values: [ids],
  });
}

/** Milliseconds until the next announcement is due, at most `limitMs`. */
export async function nextAnnouncementInMs(database: pg.Pool, limitMs: number): Promise<number> {
  const { rows } = await database.query<{ ms: number | null }>({
    name: "millrace-next-announcement",
    text: `SELECT (extract(epoch FROM min(due_at) - clock_timestamp()) * 1000)::float8 AS ms FROM millrace_control.announcements`,
  });
  return Math.min(limitMs, Math.max(0, Math.ceil(rows[0]?.ms ?? limitMs)));
}

/** Runs that may be claimed now that others have ended: of their pipelines, and of pools in which they held slots. */
export async function runsAfter(database: pg.Pool, ended: readonly string[]): Promise<WaitingRun[]> {
  const { rows } = await database.query<WaitingRun>({
    name: "millrace-after",
    text: AFTER,
    values: [ended, Math.max(16, 2 * ended.length)],
  });
  return rows;
}

const AFTER = `
  WITH freed AS MATERIALIZED (SELECT pipeline, pools FROM millrace_control.runs WHERE id = ANY ($1)),
  room AS MATERIALIZED (
    SELECT coalesce(array_agg(DISTINCT pool), '{}') AS pools FROM freed CROSS JOIN unnest(freed.pools) AS named (pool)
    WHERE millrace_control.pool_slots(pool) IS NOT NULL
  ), candidate AS MATERIALIZED (
    SELECT run.id FROM millrace_control.runs AS run
    WHERE run.status = 'queued' AND run.available_at <= clock_timestamp()
      AND (run.pipeline IN (SELECT pipeline FROM freed) OR run.pools && (SELECT pools FROM room))
    ORDER BY run.priority DESC, run.available_at, run.id LIMIT ${LOOKED_AT}
  )
  SELECT run.id, run.queue, run.tries, run.labels <> '{}' AS labelled
  FROM candidate JOIN millrace_control.claimable_runs AS run USING (id)
  ORDER BY run.priority DESC, run.available_at, run.id LIMIT $2`;

/** Queues in which runs may be claimed now, by workers without labels. */
export async function queuesWithRuns(database: pg.Pool): Promise<string[]> {
  const { rows } = await database.query<{ queue: string }>({
    name: "millrace-queues",
    text: `SELECT DISTINCT queue FROM millrace_control.claimable_runs WHERE labels = '{}'`,
  });
  return rows.map(({ queue }) => queue);
}

/** Writes down again all runs of a queue that may be claimed now. */
export async function repeatAnnouncements(database: pg.Pool, queue: string): Promise<void> {
  await database.query({
    name: "millrace-repeat",
    text: `INSERT INTO millrace_control.announcements (kind, subject)
      SELECT 'run', run.id FROM (
        SELECT * FROM millrace_control.claimable_runs WHERE queue = $1 AND labels = '{}'
        ORDER BY priority DESC, available_at, id LIMIT ${REPEATED_AT_ONCE}) AS run
      WHERE NOT EXISTS (SELECT FROM millrace_control.announcements AS known WHERE known.subject = run.id AND known.kind = 'run')
      ORDER BY run.priority DESC, run.available_at, run.id`,
    values: [queue],
  });
}

/** Has everything written down from now on, for the next hour. */
export async function keepAnnouncing(database: pg.Pool): Promise<void> {
  await database.query(
    `INSERT INTO millrace_control.brokers AS known (name, expires_at) VALUES ('rabbitmq', clock_timestamp() + interval '1 hour')
     ON CONFLICT (name) DO UPDATE SET expires_at = excluded.expires_at
     WHERE known.expires_at < clock_timestamp() + interval '50 minutes'`,
  );
}

/** Forgets announcements of runs that do not wait any more, and of commands that were carried out. */
export async function forgetSettled(database: pg.Pool): Promise<void> {
  await database.query(
    `DELETE FROM millrace_control.announcements AS known WHERE (kind = 'run' AND NOT EXISTS (
         SELECT FROM millrace_control.runs AS run WHERE run.id = known.subject AND run.status = 'queued'))
       OR (kind = 'command' AND NOT EXISTS (
         SELECT FROM millrace_control.commands AS command WHERE command.id = known.subject AND command.status = 'pending'))`,
  );
}

/** Forgets which runs have ended: while there is no broker to be told, workers look for what waited for them. */
export async function forgetFreed(database: pg.Pool): Promise<void> {
  await database.query("DELETE FROM millrace_control.announcements WHERE kind = 'freed'");
}
