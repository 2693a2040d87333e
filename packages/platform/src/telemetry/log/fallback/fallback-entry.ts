import type { LogRecord, RoutedRecord } from "../log-record.ts";
import { isLogLevel } from "../log-record.ts";

/** Why records are in a fallback file: the line before them. */
export interface FallbackReason {
  /** ISO 8601. */
  readonly at: string;
  /** Code of the error, such as MLR_LOG_SINK_FAILED. */
  readonly code: string;
  readonly message: string;
  /** How many records follow. */
  readonly records: number;
  /** Records that had to be deleted before these, because the files had reached their limit. */
  readonly lost?: number;
}

/** The lines of a fallback file: the reason, then the records, each ending with a line feed. */
export function fallbackText(reason: FallbackReason, records: readonly RoutedRecord[]): string {
  let text = `${JSON.stringify({ error: reason })}\n`;
  for (const record of records) text += `${JSON.stringify(record)}\n`;
  return text;
}

/** A record of a fallback file; undefined for a reason, and for a line that is no record. */
export function readFallbackLine(line: string): RoutedRecord | undefined {
  try {
    const said: unknown = JSON.parse(line);
    return isRecord(said) ? said : undefined;
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is RoutedRecord {
  if (typeof value !== "object" || value === null) return false;
  const { id, at, level, message } = value as Partial<Record<keyof LogRecord, unknown>>;
  return typeof id === "string" && typeof at === "string" && isLogLevel(level) && typeof message === "string";
}
