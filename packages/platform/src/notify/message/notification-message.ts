import type { PlatformEvent } from "../../events/platform-event.ts";
import type { Severity } from "../severity.ts";

/**
 * Why a message is sent. `problem`: something began to go wrong · `reminder`: it still does · `escalation`: it does for so
 * long that others are told · `recovery`: it is over · `news`: something happened · `digest`: several of these · `test`.
 */
export type NotificationKind =
  "problem" | "reminder" | "escalation" | "recovery" | "news" | "digest" | "test";

/** One thing that is told. */
export interface NotificationItem {
  readonly kind: Exclude<NotificationKind, "digest">;
  readonly severity: Severity;
  /** When it happened: ISO 8601, UTC. */
  readonly at: string;
  /** What and where, in one line. */
  readonly title: string;
  /** Why, usually an error's message. */
  readonly text?: string;
  /** What to do. */
  readonly hint?: string;
  /** Run, error code, counts, …: few and short. */
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly pipeline?: string;
  readonly run?: string;
  /** What happened, for programs. Absent where nothing just did: reminders, escalations, tests. */
  readonly event?: PlatformEvent;
}

/** What a channel sends. Texts hold no secrets and no markup. */
export interface NotificationMessage extends Omit<NotificationItem, "kind"> {
  /** UUID; the same when it is tried again, so that receivers can tell. */
  readonly id: string;
  readonly kind: NotificationKind;
  /** Which installation it comes from. */
  readonly from: string;
  /** `digest`: what it tells, oldest first, at most 100. Empty for others. */
  readonly items: readonly NotificationItem[];
  /** `digest`: how many more there are. */
  readonly more: number;
}
