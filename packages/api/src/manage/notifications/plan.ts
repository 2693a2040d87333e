import { MillraceError, nearest } from "@millrace/core";
import type pg from "pg";
import type { z } from "zod";
import type { NotificationsAccess } from "../../installation.ts";
import { instantSql } from "../shared/instant-sql.ts";
import type { NotificationPlan, TestAnswer } from "./schemas.ts";

/** Rules and channels of the configuration, with what is known of each. */
export async function notificationPlan(
  pool: pg.Pool,
  { rules, channels }: Pick<NotificationsAccess, "rules" | "channels">,
): Promise<z.output<typeof NotificationPlan>> {
  const ruleFacts = await pool.query<{ name: string; lastSentAt: string | null; openProblems: number }>(
    RULE_FACTS,
    [rules.map(({ name }) => name)],
  );
  const channelFacts = await pool.query<{
    name: string;
    waiting: number;
    failed: number;
    lastSentAt: string | null;
  }>(CHANNEL_FACTS, [channels.map(({ name }) => name)]);
  const ofRule = new Map(ruleFacts.rows.map(({ name, ...facts }) => [name, facts]));
  const ofChannel = new Map(channelFacts.rows.map(({ name, ...facts }) => [name, facts]));
  return {
    channels: channels.map(({ name, kind }) => ({
      name,
      kind,
      ...(ofChannel.get(name) ?? { waiting: 0, failed: 0, lastSentAt: null }),
    })),
    rules: rules.map((rule) => ({
      ...rule,
      on: [...rule.on],
      pipelines: copyOf(rule.pipelines),
      groups: copyOf(rule.groups),
      to: [...rule.to],
      ...(ofRule.get(rule.name) ?? { lastSentAt: null, openProblems: 0 }),
    })),
  };
}

/** Sends a test message. That the channel fails is part of the answer; its code and hint, without what the service said. */
export async function testChannel(
  { test }: Pick<NotificationsAccess, "test">,
  name: string,
): Promise<z.output<typeof TestAnswer>> {
  const { channel, kind, sent, durationMs, error } = await test(name);
  return { channel, kind, sent, durationMs, error: error === undefined ? null : error.message };
}

/** Fails with MLR_ARGUMENT_INVALID where the configuration has no such rule. */
export function checkRule({ rules }: Pick<NotificationsAccess, "rules">, name: string): void {
  const names = rules.map((rule) => rule.name);
  if (names.includes(name)) return;
  const guess = nearest(name, names);
  throw new MillraceError("MLR_ARGUMENT_INVALID", `There is no rule "${name}"`, {
    details: { in: "body", field: "rule" },
    hint: guess === undefined ? "GET /api/v1/notifications/plan lists them." : `Did you mean "${guess}"?`,
  });
}

function copyOf(names: readonly string[] | null): string[] | null {
  return names === null ? null : [...names];
}

const RULE_FACTS = `
  SELECT named.name, ${instantSql("sent.last_sent_at")} AS "lastSentAt", (
    SELECT count(*)::int FROM millrace_control.notification_incidents AS incident
    WHERE incident.rule = named.name AND incident.closed_at IS NULL) AS "openProblems"
  FROM unnest($1::text[]) AS named (name) LEFT JOIN millrace_control.notification_rules AS sent ON sent.rule = named.name`;

const CHANNEL_FACTS = `
  SELECT named.name, (
    SELECT count(*)::int FROM millrace_control.notifications AS waiting
    WHERE waiting.channel = named.name AND waiting.status IN ('queued', 'sending')) AS waiting, (
    SELECT count(*)::int FROM millrace_control.notifications AS failed
    WHERE failed.status = 'failed' AND failed.channel = named.name AND failed.created_at > now() - interval '7 days') AS failed, (
    SELECT ${instantSql("latest.sent_at")} FROM millrace_control.notifications AS latest
    WHERE latest.channel = named.name AND latest.sent_at IS NOT NULL ORDER BY latest.created_at DESC LIMIT 1) AS "lastSentAt"
  FROM unnest($1::text[]) AS named (name)`;
