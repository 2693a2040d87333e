import type { SecretInfo, SetOutcome, SettingLine } from "@millrace/platform";

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

/** A rule of notifications as the configuration has it. */
export interface NotificationRuleLine {
  /** What it is known by: its name, or a digest of what it says. */
  readonly name: string;
  readonly on: readonly string[];
  readonly pipelines: readonly string[] | null;
  readonly groups: readonly string[] | null;
  readonly severity: "info" | "warning" | "error" | "critical" | null;
  readonly to: readonly string[];
  readonly throttleMs: number | null;
  readonly digestMs: number | null;
  readonly remindMs: number | null;
  readonly quietHours: string | null;
}

/** A channel of notifications, without what is secret. */
export interface NotificationChannelLine {
  readonly name: string;
  /** `slack`, `email`, … or `function`. */
  readonly kind: string;
  readonly address: string | null;
}

/** What came of a test message. */
export interface NotificationTest {
  readonly channel: string;
  readonly kind: string;
  readonly sent: boolean;
  readonly durationMs: number;
  /** Why it was not sent. */
  readonly error: string | null;
}

/** Notifications as the project's configuration has them. */
export interface NotificationsAccess {
  rules(): readonly NotificationRuleLine[];
  channels(): readonly NotificationChannelLine[];
  /** Sends a message now, and records it. Fails with MLR_ARGUMENT_INVALID where there is no such channel. */
  test(channel: string): Promise<NotificationTest>;
}

/** What the process knows of the project that it serves: its settings, its secrets and its notifications. */
export interface Installation {
  /** With passwords masked. */
  settings(): readonly SettingLine[];
  /** What looks like a mistake in them. */
  settingWarnings(): readonly string[];
  /** Days and numbers after which records go; 0: never. */
  readonly retention: { readonly keepDays: number; readonly keepRuns: number; readonly keepRows: number };
  readonly secrets: SecretsAccess;
  readonly notifications: NotificationsAccess;
}
