import type { RunEvent } from "@millrace/core";
import type { LogLine } from "./run-record.ts";

/** What a run's record keeps of an event as a line of its log; undefined: nothing. */
export function logLineOf(event: RunEvent): Omit<LogLine, "at"> | undefined {
  switch (event.type) {
    case "log":
      return {
        level: event.level,
        message: event.message,
        ...(event.details === undefined ? {} : { details: event.details }),
      };
    case "retrying":
      return {
        level: "warn",
        message: `Attempt ${event.attempt} failed; the next follows in ${event.delayMs} ms: ${event.error.message}`,
        details: { code: event.error.code },
      };
    case "rejected":
      return {
        level: "warn",
        message: `${event.rows} rows of ${event.table} rejected: ${event.message}`,
        details: { code: event.code },
      };
    case "schema":
      return {
        level: "info",
        message: event.changes.map(({ statement }) => statement).join("\n"),
      };
    default:
      return undefined;
  }
}
