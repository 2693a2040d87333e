import type pg from "pg";
import { storableJson } from "../../store/storable-json.ts";
import { durationText } from "../duration.ts";
import type { NotificationItem } from "../message/notification-message.ts";
import type { Ending, Occurrence, Problem } from "../message/occurrence.ts";
import { firstLoudTime } from "../rules/quiet-hours.ts";
import { raised, type Rule } from "../rules/rule.ts";
import type { Severity } from "../severity.ts";
import { isMuted } from "./mutes.ts";
import { type Moment, tell, tellNow } from "./outbox.ts";
import { transaction } from "./transaction.ts";

/** What is kept of a problem for later messages. */
interface KeptItem extends NotificationItem {
  readonly still: string;
  readonly over: string;
}

interface Incident {
  readonly id: string;
  readonly rule: string;
  readonly opened_at: Date;
  readonly count: string;
  readonly severity: Severity;
  readonly escalated: number;
  readonly channels: readonly string[];
  readonly item: KeptItem;
}

/** Kinds of failure of one problem that are told; a problem that is another each time is told no more after so many. */
const TOLD = 20;
/** Problems that are looked at in one go. */
const AT_ONCE = 200;

/** Notes that a problem was seen, and tells of it unless that was done. Within the caller's transaction. */
export async function noteProblem(
  client: pg.ClientBase,
  given: { readonly rule: Rule; readonly occurrence: Occurrence; readonly problem: Problem },
  moment: Moment,
): Promise<boolean> {
  const { rule, occurrence, problem } = given;
  const severity = raised(rule, occurrence.severity);
  const item: NotificationItem = { ...occurrence.item, kind: "problem", severity };
  const { event: _event, ...kept } = item;
  const { rows } = await client.query<{ id: string; told: readonly string[] }>(OPEN, [
    rule.id,
    problem.subject,
    item.pipeline ?? null,
    item.at,
    item.run ?? null,
    severity,
    rule.to,
    storableJson({ ...kept, still: problem.still, over: problem.over } satisfies KeptItem),
    new Date(moment.now),
  ]);
  const { id = "", told = [] } = rows[0] ?? {};
  if (told.includes(problem.fingerprint) || told.length >= TOLD) return false;
  // It counts as untold, so that it is told when it is seen once the mute is over.
  if (await isMuted(client, { rule: rule.id, pipeline: item.pipeline }, moment.now)) return false;
  await client.query(
    "UPDATE millrace_control.notification_incidents SET told = $2, told_at = $3 WHERE id = $1",
    [id, storableJson([...told, problem.fingerprint]), new Date(moment.now)],
  );
  return tell(client, { rule, item, channels: rule.to }, moment);
}

const OPEN = `
  INSERT INTO millrace_control.notification_incidents AS known
    (rule, subject, pipeline, opened_at, last_at, last_run, severity, told_at, channels, item)
  VALUES ($1, $2, $3, $4, $4, $5, $6, $9, $7, $8)
  ON CONFLICT (subject, rule) WHERE closed_at IS NULL DO UPDATE SET
    count = known.count + 1, last_at = excluded.last_at, last_run = excluded.last_run, severity = excluded.severity,
    item = excluded.item
  RETURNING id, told`;

/** True where some open problem is ended. */
export async function hasEnded(database: pg.Pool, ends: Ending, run: string | undefined): Promise<boolean> {
  const { rows } = await database.query<{ some: boolean }>(
    `SELECT EXISTS (SELECT FROM millrace_control.notification_incidents WHERE ${ENDED}) AS some`,
    endedValues(ends, run),
  );
  return rows[0]?.some === true;
}

const ENDED = `closed_at IS NULL AND (subject = ANY ($1) OR (
  last_run IS DISTINCT FROM $3 AND EXISTS (SELECT FROM unnest($2::text[]) AS start WHERE starts_with(subject, start))))`;

function endedValues(ends: Ending, run: string | undefined): unknown[] {
  return [ends.subjects, ends.unlessInRun, run ?? null];
}

/** Closes the problems that are ended, and tells those of them that were told. Within the caller's transaction. */
export async function closeProblems(
  client: pg.ClientBase,
  given: { readonly rules: readonly Rule[]; readonly occurrence: Occurrence; readonly ends: Ending },
  moment: Moment,
): Promise<boolean> {
  const { rules, occurrence, ends } = given;
  const { item } = occurrence;
  const { rows } = await client.query<Incident & { told: readonly string[] }>(
    `UPDATE millrace_control.notification_incidents SET closed_at = $4 WHERE ${ENDED}
     RETURNING id, rule, opened_at, count, severity, escalated, channels, item, told`,
    [...endedValues(ends, item.run), item.at],
  );
  let ready = false;
  for (const incident of rows) {
    const rule = rules.find(({ id }) => id === incident.rule);
    // Who was never told of a problem, because it was muted, need not hear that it is over.
    if (rule === undefined || !rule.recovery || incident.told.length === 0) continue;
    const recovery: NotificationItem = {
      ...item,
      kind: "recovery",
      severity: incident.severity,
      title: incident.item.over,
      text: `It lasted ${lasted(incident, Date.parse(item.at))}${times(incident)}: ${incident.item.title}`,
    };
    ready = (await tell(client, { rule, item: recovery, channels: incident.channels }, moment)) || ready;
  }
  return ready;
}

/** Reminds of problems that last, and escalates them. Several processes may do so at the same time. */
export async function lookAfterProblems(
  pool: pg.Pool,
  rules: readonly Rule[],
  moment: Moment,
): Promise<void> {
  for (const rule of rules) {
    for (const index of rule.steps.keys()) await escalate(pool, { rule, index }, moment);
    if (rule.remind !== false) await remind(pool, { rule, every: rule.remind }, moment);
  }
}

async function escalate(
  pool: pg.Pool,
  { rule, index }: { readonly rule: Rule; readonly index: number },
  moment: Moment,
): Promise<void> {
  const { after = 0, to = [] } = rule.steps[index] ?? {};
  const where = `opened_at <= $2 AND escalated = ${index}`;
  await forEach(
    pool,
    { rule, moment, where, value: new Date(moment.now - after) },
    async (client, incident) => {
      await tellNow(client, { rule, item: escalation(incident, moment), channels: to }, moment);
      await client.query(
        `UPDATE millrace_control.notification_incidents SET escalated = $2, ${MARKED},
         channels = ARRAY(SELECT DISTINCT name FROM unnest(channels || $3::text[]) AS names (name) ORDER BY name)
       WHERE id = $1`,
        [incident.id, index + 1, to],
      );
    },
  );
}

async function remind(
  pool: pg.Pool,
  { rule, every }: { readonly rule: Rule; readonly every: number },
  moment: Moment,
): Promise<void> {
  const value = new Date(moment.now - every);
  await forEach(pool, { rule, moment, where: "told_at <= $2", value }, async (client, incident) => {
    await tell(client, { rule, item: reminder(incident, moment), channels: incident.channels }, moment);
    await client.query(
      `UPDATE millrace_control.notification_incidents SET told_at = $2, ${MARKED} WHERE id = $1`,
      [incident.id, new Date(moment.now)],
    );
  });
}

/** That somebody knows of it, also where its beginning was muted. */
const MARKED = `told = CASE WHEN told = '[]' THEN '["later"]' ELSE told END`;

/** Open problems that are muted are neither told again nor told to others until the mute is over. */
const AUDIBLE = (now: string): string => `NOT EXISTS (
  SELECT FROM millrace_control.notification_mutes AS mute
  WHERE mute.until > ${now} AND (mute.rule IS NULL OR mute.rule = notification_incidents.rule)
    AND (mute.pipeline IS NULL OR mute.pipeline = notification_incidents.pipeline))`;

interface Which {
  readonly rule: Rule;
  readonly moment: Moment;
  /** Condition on the open problems of the rule, with `$2`. */
  readonly where: string;
  readonly value: Date;
}

/** Each in a transaction of its own, unless another process is at it or the hours are quiet. */
async function forEach(
  pool: pg.Pool,
  { rule, moment, where, value }: Which,
  work: (client: pg.ClientBase, incident: Incident) => Promise<void>,
): Promise<void> {
  const condition = `rule = $1 AND closed_at IS NULL AND ${where} AND ${AUDIBLE("$3")}`;
  const columns = "id, rule, opened_at, count, severity, escalated, channels, item";
  const found = await pool.query<Incident>(
    `SELECT ${columns} FROM millrace_control.notification_incidents WHERE ${condition} ORDER BY id LIMIT ${AT_ONCE}`,
    [rule.id, value, new Date(moment.now)],
  );
  const loud = found.rows.filter(
    ({ severity }) => firstLoudTime(rule.quietHours, moment.now, severity) <= moment.now,
  );
  for (const { id } of loud) {
    await transaction(pool, async (client) => {
      const { rows } = await client.query<Incident>(
        `SELECT ${columns} FROM millrace_control.notification_incidents WHERE ${condition} AND id = $4 FOR UPDATE SKIP LOCKED`,
        [rule.id, value, new Date(moment.now), id],
      );
      if (rows[0] !== undefined) await work(client, rows[0]);
    });
  }
}

function escalation(incident: Incident, moment: Moment): NotificationItem {
  const { still, over: _over, ...item } = incident.item;
  return {
    ...item,
    kind: "escalation",
    severity: incident.severity,
    title: `${still}, for ${lasted(incident, moment.now)} now${times(incident)}`,
  };
}

function reminder(incident: Incident, moment: Moment): NotificationItem {
  return { ...escalation(incident, moment), kind: "reminder" };
}

function lasted({ opened_at: opened }: Incident, until: number): string {
  return durationText(until - opened.getTime());
}

function times({ count }: Incident): string {
  return Number(count) > 1 ? ` (${Number(count).toLocaleString("en-US")} times)` : "";
}
