import { DAY_MICROS, daysOf, MAX_DAYS, MIN_DAYS, microsOf } from "./calendar.ts";

/** What `parseDateTime` found in a text. One object is reused for all calls: read it before the next one. */
export interface ParsedDateTime {
  /** Days since 1970-01-01; may be one beyond the day that was written (24:00:00, :60, rounding up). */
  days: number;
  /** Microseconds since midnight. */
  micros: number;
  hasTime: boolean;
  hasZone: boolean;
  /** What to take off for UTC. */
  offsetMicros: number;
}

const found: ParsedDateTime = { days: 0, micros: 0, hasTime: false, hasZone: false, offsetMicros: 0 };

/** Two digits at `at`, or NaN. */
function two(text: string, at: number): number {
  const high = text.charCodeAt(at) - 48;
  const low = text.charCodeAt(at + 1) - 48;
  return high >= 0 && high <= 9 && low >= 0 && low <= 9 ? high * 10 + low : NaN;
}

/** Where the last call of `timeAt`, `offsetAt` or `fractionAt` stopped reading. */
let end = 0;

/**
 * Reads `YYYY-MM-DD`, optionally followed by `T` or a space, `HH:MM[:SS[.f]]` and a zone (`Z`, `±HH[[:]MM[[:]SS]]`).
 * Days that do not exist are refused. 24:00 and second 60 run over into what follows, as in PostgreSQL. Undefined where
 * the text is anything else.
 */
export function parseDateTime(text: string): ParsedDateTime | undefined {
  const length = text.length;
  if (length < 10 || text.charCodeAt(4) !== 45 || text.charCodeAt(7) !== 45) return undefined;
  const days = daysOf(two(text, 0) * 100 + two(text, 2), two(text, 5), two(text, 8));
  // NaN fails the comparison too.
  if (!(days >= MIN_DAYS)) return undefined;
  found.days = days;
  found.micros = 0;
  found.offsetMicros = 0;
  found.hasTime = found.hasZone = false;
  if (length === 10) return found;
  return parseClock(text) ? found : undefined;
}

/** Reads what follows the date into `found`. */
function parseClock(text: string): boolean {
  const separator = text.charCodeAt(10);
  if (separator !== 84 && separator !== 32 && separator !== 116) return false;
  const micros = timeAt(text, 11);
  if (!(micros >= 0)) return false;
  found.hasTime = true;
  if (micros >= DAY_MICROS) found.days++;
  found.micros = micros >= DAY_MICROS ? micros - DAY_MICROS : micros;
  if (end === text.length) return true;
  const offset = offsetAt(text, text.charCodeAt(end) === 32 ? end + 1 : end);
  if (Number.isNaN(offset) || end !== text.length) return false;
  found.hasZone = true;
  found.offsetMicros = offset;
  return true;
}

/** Microseconds since midnight of `HH:MM[:SS[.f]]` at `at`, or NaN. 24:00:00 is the end of the day, and allowed. */
function timeAt(text: string, at: number): number {
  const hour = two(text, at);
  const minute = two(text, at + 3);
  if (!(hour <= 24 && minute <= 59) || text.charCodeAt(at + 2) !== 58) return NaN;
  end = at + 5;
  let second = 0;
  let fraction = 0;
  if (text.charCodeAt(end) === 58) {
    second = two(text, end + 1);
    if (!(second <= 60)) return NaN;
    end += 3;
    const point = text.charCodeAt(end);
    if (point === 46 || point === 44) fraction = fractionAt(text, end + 1);
  }
  const micros = ((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction;
  return hour === 24 && micros > DAY_MICROS ? NaN : micros;
}

/**
 * Microseconds of the digits at `at`. More than six are rounded as PostgreSQL rounds them: the fraction as a double
 * times a million, half to even.
 */
function fractionAt(text: string, at: number): number {
  let i = at;
  let value = 0;
  for (; i < text.length; i++) {
    const digit = text.charCodeAt(i) - 48;
    if (digit < 0 || digit > 9) break;
    if (i - at < 6) value = value * 10 + digit;
  }
  end = i;
  const digits = i - at;
  if (digits === 0) return NaN;
  if (digits > 6) return roundHalfEven(Number(`0.${text.slice(at, i)}`) * 1_000_000);
  for (let k = digits; k < 6; k++) value *= 10;
  return value;
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}

/** Microseconds east of UTC of `Z` or `±HH[[:]MM[[:]SS]]` at `at`, or NaN. Less than 16 hours, as in PostgreSQL. */
function offsetAt(text: string, at: number): number {
  const sign = text.charCodeAt(at);
  end = at + 1;
  if (sign === 90 || sign === 122) return 0;
  if (sign !== 43 && sign !== 45) return NaN;
  const hours = two(text, at + 1);
  if (!(hours < 16)) return NaN;
  end = at + 3;
  const minutes = offsetPart(text);
  const seconds = minutes < 0 ? 0 : offsetPart(text);
  if (Number.isNaN(minutes) || Number.isNaN(seconds)) return NaN;
  const total = (hours * 60 + Math.max(minutes, 0)) * 60 + Math.max(seconds, 0);
  return (sign === 45 ? -total : total) * 1_000_000;
}

/** `[:]NN` at `end`: -1 where the text is over, NaN where something else stands there. */
function offsetPart(text: string): number {
  if (end >= text.length) return -1;
  const at = text.charCodeAt(end) === 58 ? end + 1 : end;
  const value = two(text, at);
  if (!(value <= 59)) return NaN;
  end = at + 2;
  return value;
}

/** Microseconds since midnight of a whole text `HH:MM[:SS[.f]]`, up to 24:00:00; undefined for anything else. */
export function parseTime(text: string): number | undefined {
  const micros = timeAt(text, 0);
  return micros <= DAY_MICROS && end === text.length ? micros : undefined;
}

/** The instant that `parsed` means (UTC where it says no zone) in storage form; undefined outside of the years 1 to 9999. */
export function instantOf(parsed: ParsedDateTime): number | bigint | undefined {
  let days = parsed.days;
  let micros = parsed.micros - parsed.offsetMicros;
  if (micros < 0) {
    micros += DAY_MICROS;
    days--;
  } else if (micros >= DAY_MICROS) {
    micros -= DAY_MICROS;
    days++;
  }
  return days < MIN_DAYS || days > MAX_DAYS ? undefined : microsOf(days, micros);
}
