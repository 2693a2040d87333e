import type pg from "pg";
import { storableJson } from "../../store/storable-json.ts";
import { compose } from "../message/compose.ts";
import type { NotificationItem, NotificationMessage } from "../message/notification-message.ts";
import { firstLoudTime } from "../rules/quiet-hours.ts";
import type { Rule } from "../rules/rule.ts";
import { isMuted } from "./mutes.ts";
import { transaction } from "./transaction.ts";

/** What is to be told, and to whom. */
export interface Telling {
  readonly rule: Rule;
  readonly item: NotificationItem;
  readonly channels: readonly string[];
}

/** When and where from. */
export interface Moment {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Which installation it is. */
  readonly from: string;
}

/** Items that a digest tells apart; of those beyond it only their number is told. */
const GATHERED = 5_000;

/**
 * Tells it at once, or puts it with what waits: for the throttle or the digest of its rule, or the end of quiet hours.
 * What is muted is not told. Within the caller's transaction. True: a message is ready to be sent.
 */
export async function tell(client: pg.ClientBase, telling: Telling, moment: Moment): Promise<boolean> {
  const { rule, item, channels } = telling;
  if (await isMuted(client, { rule: rule.id, pipeline: item.pipeline }, moment.now)) return false;
  const lastSent = await lockRule(client, rule.id);
  const due = firstLoudTime(
    rule.quietHours,
    await dueAt(client, { rule, lastSent }, moment.now),
    item.severity,
  );
  await client.query(
    `INSERT INTO millrace_control.notification_items (rule, channels, due_at, created_at, item)
     VALUES ($1, $2, $3, $4, $5)`,
    [rule.id, channels, new Date(due), new Date(moment.now), storableJson(item)],
  );
  if (due > moment.now) return false;
  // With what has been waiting for this moment too.
  await flushRule(client, rule.id, moment);
  return true;
}

/** Sends it at once, whatever the rule says of throttle and digest. Within the caller's transaction. */
export async function tellNow(client: pg.ClientBase, telling: Telling, moment: Moment): Promise<void> {
  const { rule, item, channels } = telling;
  for (const channel of channels) await enqueue(client, { rule: rule.id, channel, items: [item] }, moment);
}

/** Makes messages of everything whose time has come: one per rule and channel. Several processes may do so at the same time. */
export async function flush(pool: pg.Pool, moment: Moment): Promise<void> {
  const { rows } = await pool.query<{ rule: string }>(
    "SELECT DISTINCT rule FROM millrace_control.notification_items WHERE due_at <= $1",
    [new Date(moment.now)],
  );
  for (const { rule } of rows) {
    await transaction(pool, async (client) => {
      await lockRule(client, rule);
      await flushRule(client, rule, moment);
    });
  }
}

/** Waits for whoever is at this rule. When its last message was sent, if ever. */
async function lockRule(client: pg.ClientBase, rule: string): Promise<number | undefined> {
  await client.query(
    "INSERT INTO millrace_control.notification_rules (rule) VALUES ($1) ON CONFLICT DO NOTHING",
    [rule],
  );
  const { rows } = await client.query<{ last_sent_at: Date | null }>(
    "SELECT last_sent_at FROM millrace_control.notification_rules WHERE rule = $1 FOR UPDATE",
    [rule],
  );
  return rows[0]?.last_sent_at?.getTime();
}

async function markSent(client: pg.ClientBase, rule: string, now: number): Promise<void> {
  await client.query("UPDATE millrace_control.notification_rules SET last_sent_at = $2 WHERE rule = $1", [
    rule,
    new Date(now),
  ]);
}

/** A digest is due some time after its first item, and no message follows another within the throttle. */
async function dueAt(
  client: pg.ClientBase,
  { rule, lastSent }: { readonly rule: Rule; readonly lastSent: number | undefined },
  now: number,
): Promise<number> {
  const free = lastSent === undefined || rule.throttle === undefined ? now : lastSent + rule.throttle;
  if (rule.digest === undefined) return Math.max(now, free);
  const { rows } = await client.query<{ created: Date | null }>(
    "SELECT min(created_at) AS created FROM millrace_control.notification_items WHERE rule = $1",
    [rule.id],
  );
  return Math.max(now, free, (rows[0]?.created?.getTime() ?? now) + rule.digest);
}

interface Gathered {
  /** How many there are in all. */
  readonly total: string;
  readonly channels: readonly string[];
  readonly item: NotificationItem;
}

async function flushRule(client: pg.ClientBase, rule: string, moment: Moment): Promise<void> {
  const { rows } = await client.query<Gathered>(
    `WITH due AS (
       DELETE FROM millrace_control.notification_items WHERE rule = $1 AND due_at <= $2 RETURNING id, channels, item
     ) SELECT channels, item, (SELECT count(*) FROM due) AS total FROM due ORDER BY id LIMIT ${GATHERED}`,
    [rule, new Date(moment.now)],
  );
  const left = Number(rows[0]?.total ?? 0) - rows.length;
  const channels = [...new Set(rows.flatMap((row) => row.channels))];
  for (const channel of channels) {
    const items = rows.filter((row) => row.channels.includes(channel)).map(({ item }) => item);
    await enqueue(client, { rule, channel, items, left }, moment);
  }
  if (rows.length > 0) await markSent(client, rule, moment.now);
}

interface Enqueue {
  readonly rule: string;
  readonly channel: string;
  readonly items: readonly NotificationItem[];
  /** How many more there are. */
  readonly left?: number;
}

async function enqueue(
  client: pg.ClientBase,
  { rule, channel, items, left = 0 }: Enqueue,
  moment: Moment,
): Promise<void> {
  const message = compose(items, { from: moment.from, at: new Date(moment.now).toISOString(), left });
  await insertMessage(client, { rule, channel, message, now: moment.now });
}

/** Puts a message behind those that the channel has still to send; where it waits for its service, the new one does too. */
async function insertMessage(client: pg.ClientBase, given: NewMessage): Promise<void> {
  const { rule, channel, message, now } = given;
  await client.query(
    `INSERT INTO millrace_control.notifications
       (id, channel, kind, severity, pipeline, run, title, message, created_at, rule, status, next_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'queued', greatest($9, (
       SELECT max(next_at) FROM millrace_control.notifications WHERE channel = $2 AND status = 'queued')))`,
    [...valuesOf(channel, message, now), rule],
  );
}

interface NewMessage {
  readonly rule: string;
  readonly channel: string;
  readonly message: NotificationMessage;
  readonly now: number;
}

/** A message that was tried already. */
export interface TriedMessage {
  readonly channel: string;
  readonly message: NotificationMessage;
  readonly now: number;
  /** Null: it was sent. */
  readonly lastError: string | null;
}

/** Records a message that no rule has asked for, and that is not tried again. */
export async function recordMessage(pool: pg.Pool, tried: TriedMessage): Promise<void> {
  const { channel, message, now, lastError } = tried;
  await pool.query(
    `INSERT INTO millrace_control.notifications
       (id, channel, kind, severity, pipeline, run, title, message, created_at, next_at, attempts, last_error, status, sent_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9::timestamptz, $9::timestamptz, 1, $10::text,
       CASE WHEN $10::text IS NULL THEN 'sent' ELSE 'failed' END, CASE WHEN $10::text IS NULL THEN $9::timestamptz END)`,
    [...valuesOf(channel, message, now), lastError],
  );
}

function valuesOf(channel: string, message: NotificationMessage, now: number): unknown[] {
  const { id, kind, severity, pipeline = null, run = null } = message;
  const title = storableText(message.title);
  return [id, channel, kind, severity, pipeline, run, title, storableJson(message), new Date(now)];
}

/** PostgreSQL takes no NUL. */
function storableText(text: string): string {
  return text.replaceAll("\0", "\uFFFD").toWellFormed();
}
