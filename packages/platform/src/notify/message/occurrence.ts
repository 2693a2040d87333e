import type { Severity } from "../severity.ts";
import type { NotificationItem } from "./notification-message.ts";

/** Something that goes wrong until it is over. */
export interface Problem {
  /** What has it, the same each time: `run:quakes`, `worker:alpha`. */
  readonly subject: string;
  /** Tells kinds of failure apart: each is told once. */
  readonly fingerprint: string;
  /** How a reminder begins: `quakes still fails`. */
  readonly still: string;
  /** What is said when it is over: `quakes works again`. */
  readonly over: string;
}

/** Which problems an event ends. */
export interface Ending {
  readonly subjects: readonly string[];
  /** Beginnings of subjects that end unless this very run had the problem. */
  readonly unlessInRun: readonly string[];
}

/** What an event means to people. */
export interface Occurrence {
  readonly severity: Severity;
  readonly item: Omit<NotificationItem, "kind" | "severity">;
  /** Absent: mere news. */
  readonly problem?: Problem;
  readonly ends?: Ending;
}
