import type { Json } from "@millrace/core";
import { LINE_START } from "./line-target.ts";
import { isLogLevel, type LogBindings, type LogRecord } from "./log-record.ts";

/** What is said of each line that a process wrote. */
export interface LineOrigin {
  /** What the reader knows of the process. It wins over what the line says of itself. */
  readonly bindings: LogBindings;
  /** Milliseconds since 1970 at which the line came; NaN where that says nothing of when it was written. */
  readonly now: number;
}

/** A line may say another time than that at which it came by so much: a pipe that waits, a suspended machine. */
const EARLIER_MS = 24 * 3_600_000;
const LATER_MS = 60_000;

/** A line of our own logger, or undefined where it is none. */
export function readLogLine(line: string, origin: LineOrigin): LogRecord | undefined {
  if (!line.startsWith(LINE_START)) return undefined;
  let said: Readonly<Record<string, unknown>>;
  try {
    // Begins with `{`: an object, if anything.
    said = JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
  const { at, level, message, fields } = said;
  if (typeof at !== "number" || !isLogLevel(level) || typeof message !== "string") return undefined;
  const { now } = origin;
  const plausible = Number.isNaN(now) ? isTime(at) : at > now - EARLIER_MS && at < now + LATER_MS;
  if (!plausible && Number.isNaN(now)) return undefined;
  return {
    at: new Date(plausible ? at : now).toISOString(),
    level,
    message,
    ...saidBindings(said),
    ...origin.bindings,
    ...(isFields(fields) ? { fields } : {}),
  };
}

function saidBindings(said: Readonly<Record<string, unknown>>): LogBindings {
  const kept: Record<string, unknown> = {};
  for (const name of ["logger", "run", "pipeline", "group", "worker"]) {
    if (typeof said[name] === "string") kept[name] = said[name];
  }
  if (Number.isSafeInteger(said["attempt"])) kept["attempt"] = said["attempt"];
  return kept;
}

/** From 2000 to 2200: others are no times of a log. */
function isTime(ms: number): boolean {
  return ms > 946_684_800_000 && ms < 7_258_118_400_000;
}

function isFields(value: unknown): value is Readonly<Record<string, Json>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
