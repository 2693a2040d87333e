import type pg from "pg";
import type { NotificationKind, NotificationMessage } from "./message/notification-message.ts";
import type { Severity } from "./severity.ts";

/** Which messages are wanted. */
export interface ListNotifications {
  /** Only those that were given up, or failed so far and are tried again. Default false. */
  readonly failed?: boolean;
  readonly channel?: string;
  readonly pipeline?: string;
  /** At most so many. Default 50. */
  readonly limit?: number;
}

/** What is known of a message to a channel. */
export interface NotificationRecord {
  /** UUID. */
  readonly id: string;
  readonly channel: string;
  /** The rule's name, or what it is kept under; null for tests. */
  readonly rule: string | null;
  readonly kind: NotificationKind;
  readonly severity: Severity;
  readonly title: string;
  readonly pipeline: string | null;
  readonly run: string | null;
  /** `queued`: it waits for its first or next try. `failed`: it was given up. */
  readonly status: "queued" | "sending" | "sent" | "failed";
  readonly attempts: number;
  /** What the last try has failed with; null where it has not. */
  readonly lastError: string | null;
  /** ISO 8601, as are the others. */
  readonly createdAt: string;
  /** Not tried before. */
  readonly nextAt: string;
  readonly sentAt: string | null;
  /** What was, or is to be, sent. */
  readonly message: NotificationMessage;
}

/** Messages, newest first. */
export async function listNotifications(
  pool: pg.Pool,
  { failed = false, channel, pipeline, limit = 50 }: ListNotifications = {},
): Promise<NotificationRecord[]> {
  const { rows } = await pool.query<Row>(
    `SELECT * FROM millrace_control.notifications
     WHERE (NOT $1 OR status = 'failed' OR (status <> 'sent' AND last_error IS NOT NULL))
       AND ($2::text IS NULL OR channel = $2) AND ($3::text IS NULL OR pipeline = $3)
     ORDER BY created_at DESC, seq DESC LIMIT $4`,
    [failed, channel ?? null, pipeline ?? null, limit],
  );
  return rows.map((row) => ({
    id: row.id,
    channel: row.channel,
    rule: row.rule,
    kind: row.kind,
    severity: row.severity,
    title: row.title,
    pipeline: row.pipeline,
    run: row.run,
    status: row.status,
    attempts: row.attempts,
    lastError: row.last_error,
    createdAt: row.created_at.toISOString(),
    nextAt: row.next_at.toISOString(),
    sentAt: row.sent_at?.toISOString() ?? null,
    message: row.message,
  }));
}

interface Row extends Pick<
  NotificationRecord,
  | "id"
  | "channel"
  | "rule"
  | "kind"
  | "severity"
  | "title"
  | "pipeline"
  | "run"
  | "status"
  | "attempts"
  | "message"
> {
  readonly last_error: string | null;
  readonly created_at: Date;
  readonly next_at: Date;
  readonly sent_at: Date | null;
}
