import { z } from "zod";
import { PageQuery, pageOf } from "../../server/page.ts";
import { Instant } from "../../server/timestamps.ts";
import { Count, Name } from "../shared/names.ts";

const severity = z.enum(["info", "warning", "error", "critical"]);

export const NotificationsQuery = PageQuery.extend({
  status: z
    .enum(["queued", "sending", "sent", "failed"])
    .optional()
    .describe("`queued`: waits for its first or next try. `failed`: was given up."),
  channel: z.string().min(1).max(100).optional(),
  pipeline: Name.optional(),
});

export const Notification = z
  .object({
    id: z.guid(),
    rule: z.string().nullable().describe("The rule's name, or what it is kept under; null for tests."),
    channel: z.string(),
    kind: z.string().describe("`problem`, `news`, `recovery`, `test`, …"),
    severity,
    title: z.string(),
    text: z.string().describe("What was, or is to be, sent, as plain text."),
    pipeline: z.string().nullable(),
    run: z.guid().nullable(),
    status: z.enum(["queued", "sending", "sent", "failed"]),
    attempts: Count,
    lastError: z.string().nullable(),
    createdAt: Instant,
    nextAt: Instant.describe("Not tried before."),
    sentAt: Instant.nullable(),
  })
  .meta({ id: "Notification" });

export const NotificationsPage = pageOf(Notification);

const NotificationRule = z
  .object({
    name: z.string().describe("By which it can be muted."),
    on: z.array(z.string()).describe("Types of events."),
    pipelines: z.array(z.string()).nullable().describe("Null: all."),
    groups: z.array(z.string()).nullable().describe("Null: all."),
    severity: severity.nullable().describe("The least; null: any."),
    to: z.array(z.string()).describe("Channels."),
    throttleMs: z.number().nullable(),
    digestMs: z.number().nullable(),
    remindMs: z.number().nullable(),
    quietHours: z.string().nullable().describe("Such as `22:00 to 07:00 Europe/Berlin`."),
    lastSentAt: Instant.nullable(),
    openProblems: Count,
  })
  .meta({ id: "NotificationRule" });

const NotificationChannel = z
  .object({
    name: z.string(),
    kind: z.string().describe("`slack`, `email`, … or `function`."),
    waiting: Count.describe("Messages that wait to be sent."),
    failed: Count.describe("Messages that were given up in the past 7 days."),
    lastSentAt: Instant.nullable(),
  })
  .meta({ id: "NotificationChannel" });

export const NotificationPlan = z.object({
  channels: z.array(NotificationChannel),
  rules: z.array(NotificationRule),
});

export const TestBody = z.strictObject({ channel: z.string().min(1).max(100) });
export const TestAnswer = z.object({
  channel: z.string(),
  kind: z.string(),
  sent: z.boolean(),
  durationMs: z.number(),
  error: z.string().nullable().describe("Why it was not sent."),
});

export const MuteBody = z.strictObject({
  pipeline: Name.optional().describe("Mutes what is told of this pipeline. With `rule`: only by that rule."),
  rule: z.string().min(1).max(200).optional().describe("Mutes this rule."),
  until: z.iso.datetime({ offset: true }).describe("ISO 8601 with a zone; at most a year ahead."),
  reason: z.string().max(500).optional(),
});

export const Mute = z
  .object({
    id: z.guid(),
    pipeline: z.string().nullable(),
    rule: z.string().nullable(),
    until: Instant,
    reason: z.string().nullable(),
    createdBy: z.string(),
    createdAt: Instant,
    held: Count.describe("Messages that it has kept from being sent."),
  })
  .meta({ id: "Mute" });

export const MutesAnswer = z.object({ items: z.array(Mute) });
export const Unmuted = z.object({ id: z.guid(), ended: z.literal(true) });
