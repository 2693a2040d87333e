import { parseOptions } from "@millrace/core";
import { notificationsOptions, type NotificationsOptions } from "./notifications-options.ts";
import { namedRules } from "./rules/rule.ts";
import type { Severity } from "./severity.ts";

/** A rule of notifications, for people. */
export interface RuleLine {
  /** What it is known by, in records and mutes: its name, or a digest of what it says. */
  readonly name: string;
  /** Types of events. */
  readonly on: readonly string[];
  /** Null: all. */
  readonly pipelines: readonly string[] | null;
  readonly groups: readonly string[] | null;
  readonly severity: Severity | null;
  /** Names of channels. */
  readonly to: readonly string[];
  readonly throttleMs: number | null;
  readonly digestMs: number | null;
  readonly remindMs: number | null;
  /** Such as `22:00 to 07:00 Europe/Berlin`. */
  readonly quietHours: string | null;
}

/** A way to people, without where it leads: that may be a secret. */
export interface ChannelLine {
  readonly name: string;
  /** `slack`, `email`, … or `function`. */
  readonly kind: string;
}

/** What the configuration says of notifications. Fails as `startNotifier`. */
export function describeNotifications(config: NotificationsOptions | undefined): {
  readonly rules: readonly RuleLine[];
  readonly channels: readonly ChannelLine[];
} {
  if (config === undefined) return { rules: [], channels: [] };
  const { rules, channels } = parseOptions(notificationsOptions, config, "notifications");
  return {
    rules: namedRules(rules).map((rule) => ({
      name: rule.id,
      on: rule.on,
      pipelines: rule.pipelines ?? null,
      groups: rule.groups ?? null,
      severity: rule.severity ?? null,
      to: rule.to,
      throttleMs: rule.throttle ?? null,
      digestMs: rule.digest ?? null,
      remindMs: rule.remind === false ? null : rule.remind,
      quietHours:
        rule.quietHours === undefined
          ? null
          : `${rule.quietHours.from} to ${rule.quietHours.to} ${rule.quietHours.timeZone}`,
    })),
    channels: Object.entries(channels).map(([name, channel]) => ({
      name,
      kind: typeof channel === "function" ? "function" : channel.kind,
    })),
  };
}
