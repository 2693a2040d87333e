import { type Clock, type SecretSource, systemClock } from "@millrace/core";
import {
  type ChannelLine,
  describeNotifications,
  type NotificationsOptions,
  type RuleLine,
  type SecretInfo,
  type SecretStore,
  sendTest,
  type SetOutcome,
  type Settings,
  type SettingLine,
  type TestOutcome,
} from "@millrace/platform";
import type pg from "pg";

/** Stored secrets: their values go in and never come out. */
export interface SecretsAccess {
  /** Where they are kept, for people. */
  location(): Promise<string>;
  list(): Promise<readonly SecretInfo[]>;
  /** Fails with MLR_ARGUMENT_INVALID, or MLR_SECRET_PASSWORD where the master password is missing. */
  set(name: string, value: string, by: string): Promise<SetOutcome>;
  /** False where there was none of that name. */
  remove(name: string): Promise<boolean>;
}

/** Notifications as the project's configuration has them. */
export interface NotificationsAccess {
  readonly rules: readonly RuleLine[];
  readonly channels: readonly ChannelLine[];
  /** Sends a message now, and records it. Fails with MLR_ARGUMENT_INVALID where there is no such channel. */
  test(channel: string): Promise<TestOutcome>;
}

/** What the process knows of the project that it serves: its settings, its secrets and its notifications. */
export interface Installation {
  /** With passwords masked. */
  settings(): readonly SettingLine[];
  /** What looks like a mistake in them. */
  readonly warnings: readonly string[];
  /** After how many days, and beyond how many, records go; 0: never. */
  readonly retention: { readonly keepDays: number; readonly keepRuns: number; readonly keepRows: number };
  readonly secrets: SecretsAccess;
  readonly notifications: NotificationsAccess;
}

/** What an installation is made of. */
export interface OpenInstallation {
  readonly settings: Settings;
  /** The store of secrets, which must not ask anybody on a terminal for the master password. */
  readonly secretStore: () => Promise<SecretStore>;
  /** `notifications` of the project's configuration. */
  readonly notifications: NotificationsOptions | undefined;
  /** Where channels take their secrets from. */
  readonly secrets: SecretSource;
  /** Connections to the control database. */
  readonly pool: pg.Pool;
  /** Default: the machine's. */
  readonly clock?: Clock;
}

/** Puts together what the API tells of the project. Opens nothing. Fails where the configuration of notifications is wrong. */
export function openInstallation(options: OpenInstallation): Installation {
  const { settings, secretStore, notifications, secrets, pool, clock = systemClock } = options;
  const { keepDays, keepRuns, keepRows } = settings.values;
  return {
    settings: () => settings.lines(),
    warnings: settings.warnings,
    retention: { keepDays, keepRuns, keepRows },
    secrets: secretsAccess(secretStore),
    notifications: {
      ...describeNotifications(notifications),
      test: (channel) => sendTest({ channel, config: notifications, pool, secrets, clock }),
    },
  };
}

function secretsAccess(open: () => Promise<SecretStore>): SecretsAccess {
  return {
    location: async () => (await open()).location,
    list: async () => (await open()).list(),
    async set(name, value, by) {
      const outcomes = await (await open()).set({ [name]: value }, by);
      return outcomes[name] ?? "unchanged";
    },
    remove: async (name) => (await open()).remove(name),
  };
}
