export type { Channel, ChannelFunction, SendContext } from "./channel.ts";
export { email } from "./channels/email/email.ts";
export type { EmailOptions } from "./channels/email/email-options.ts";
export { slack, type SlackOptions } from "./channels/slack/slack.ts";
export { teams, type TeamsOptions } from "./channels/teams/teams.ts";
export { telegram, type TelegramOptions } from "./channels/telegram/telegram.ts";
export { webhook, type WebhookOptions } from "./channels/webhook/webhook.ts";
export type {
  NotificationItem,
  NotificationKind,
  NotificationMessage,
} from "./message/notification-message.ts";
export { notificationsOptions, type NotificationsOptions } from "./notifications-options.ts";
export type { Severity } from "./severity.ts";
