import { DAY_MICROS, MAX_DAYS, MIN_DAYS, microsOf } from "./calendar.ts";
import { MISFIT } from "./misfit.ts";
import { instantOf, parseDateTime, parseTime } from "./parse-time.ts";
import { isStoredInstant } from "./storage.ts";
import type { Store, StoreHints } from "./store.ts";

const DAY_MILLIS = 86_400_000;

/** The microseconds of a `Date` in storage form, undefined where it is invalid or outside of the years 1 to 9999. */
export function instantOfDate(value: Date): number | bigint | undefined {
  const millis = value.getTime();
  const days = Math.floor(millis / DAY_MILLIS);
  if (!(days >= MIN_DAYS && days <= MAX_DAYS)) return undefined;
  return microsOf(days, (millis - days * DAY_MILLIS) * 1000);
}

/** Stores dates as days since 1970-01-01. */
export function dateStore(hints: StoreHints): Store {
  return (value) => {
    if (typeof value === "number") return hints.epochNumbers && isDays(value) ? value : MISFIT;
    const parsed =
      typeof value === "string" ? parseDateTime(hints.declared ? value.trim() : value) : undefined;
    if (parsed !== undefined && !parsed.hasTime) return parsed.days;
    if (!hints.declared) return MISFIT;
    // Midnight, in UTC where a zone is told, is the date itself.
    const instant =
      parsed !== undefined ? instantOf(parsed) : value instanceof Date ? instantOfDate(value) : undefined;
    if (instant === undefined) return MISFIT;
    const days = Number(instant) / DAY_MICROS;
    return Number.isInteger(days) && microsOf(days, 0) === instant ? days : MISFIT;
  };
}

function isDays(value: number): boolean {
  return Number.isInteger(value) && value >= MIN_DAYS && value <= MAX_DAYS && !Object.is(value, -0);
}

/** Stores times of day as microseconds since midnight. */
export function timeStore(hints: StoreHints): Store {
  return (value) => {
    if (typeof value === "string") return parseTime(hints.declared ? value.trim() : value) ?? MISFIT;
    const fits =
      hints.epochNumbers &&
      Number.isInteger(value) &&
      (value as number) >= 0 &&
      (value as number) <= DAY_MICROS;
    return fits && !Object.is(value, -0) ? value : MISFIT;
  };
}

/** Stores timestamps without zone as microseconds since 1970-01-01. */
export function timestampStore(hints: StoreHints): Store {
  return (value) => {
    if (typeof value !== "string") {
      if (value instanceof Date) return (hints.declared ? instantOfDate(value) : undefined) ?? MISFIT;
      return storeEpoch(value, hints);
    }
    const parsed = parseDateTime(hints.declared ? value.trim() : value);
    if (parsed === undefined || (parsed.hasZone && !hints.declared)) return MISFIT;
    return instantOf(parsed) ?? MISFIT;
  };
}

/** Stores instants as microseconds since 1970-01-01 in UTC. */
export function timestamptzStore(hints: StoreHints): Store {
  return (value) => {
    if (typeof value !== "string") {
      return value instanceof Date ? (instantOfDate(value) ?? MISFIT) : storeEpoch(value, hints);
    }
    const parsed = parseDateTime(hints.declared ? value.trim() : value);
    if (parsed === undefined || !(parsed.hasZone || hints.declared)) return MISFIT;
    return instantOf(parsed) ?? MISFIT;
  };
}

function storeEpoch(value: unknown, hints: StoreHints): unknown {
  return hints.epochNumbers && isStoredInstant(value) ? value : MISFIT;
}
