const STEPS: readonly (readonly [seconds: number, unit: string])[] = [
  [31_557_600, "y"],
  [2_629_800, "mo"],
  [86_400, "d"],
  [3600, "h"],
  [60, "min"],
];

/** How far an instant is from now, in one unit: `just now`, `12 s ago`, `in 5 min`, `3 d ago`. */
export function formatRelative(at: number, now: number): string {
  const seconds = Math.round((at - now) / 1000);
  const size = Math.abs(seconds);
  if (size < 3) return seconds > 0 ? "in a moment" : "just now";
  const text = inOneUnit(size);
  return seconds > 0 ? `in ${text}` : `${text} ago`;
}

function inOneUnit(seconds: number): string {
  for (const [step, unit] of STEPS) {
    if (seconds >= step) return `${Math.floor(seconds / step)} ${unit}`;
  }
  return `${seconds} s`;
}

/** Date, time to the second and zone: `2026-03-01 14:05:09 GMT+1`. `zone` is an IANA name; absent: the browser's. */
export function formatAbsolute(at: number, zone?: string): string {
  const { year, month, day, hour, minute, second, timeZoneName } = parts(at, zone);
  return `${year}-${month}-${day} ${hour}:${minute}:${second} ${timeZoneName}`;
}

/** Time of day to the second, with milliseconds where asked for. */
export function formatClock(
  at: number,
  options: { readonly ms?: boolean; readonly zone?: string } = {},
): string {
  const { hour, minute, second } = parts(at, options.zone);
  const ms = options.ms === true ? `.${String(new Date(at).getUTCMilliseconds()).padStart(3, "0")}` : "";
  return `${hour}:${minute}:${second}${ms}`;
}

/** Date and minute, for axes and lists that span days: `03-01 14:05`. */
export function formatShortDate(at: number, zone?: string): string {
  const { month, day, hour, minute } = parts(at, zone);
  return `${month}-${day} ${hour}:${minute}`;
}

const formats = new Map<string, Intl.DateTimeFormat>();

function parts(at: number, zone: string | undefined): Record<string, string> {
  const key = zone ?? "";
  let format = formats.get(key);
  if (format === undefined) {
    format = formatIn(zone);
    formats.set(key, format);
  }
  return Object.fromEntries(format.formatToParts(at).map(({ type, value }) => [type, value]));
}

function formatIn(zone: string | undefined): Intl.DateTimeFormat {
  const options: Intl.DateTimeFormatOptions = {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
    timeZoneName: "short",
  };
  try {
    return new Intl.DateTimeFormat("en-US", zone === undefined ? options : { ...options, timeZone: zone });
  } catch {
    // A zone that this browser does not know: its own is better than none.
    return new Intl.DateTimeFormat("en-US", options);
  }
}
