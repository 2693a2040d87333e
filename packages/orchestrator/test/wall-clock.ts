/** A second opinion on time zones and cron expressions for tests: slow, plain, and made without what it is to check. */

const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** What a clock of the zone shows at an instant. */
export function shownAt(timeZone: string, ms: number): Wall {
  let format = FORMATS.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat("sv-SE", { timeZone, dateStyle: "short", timeStyle: "medium" });
    FORMATS.set(timeZone, format);
  }
  const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = format
    .format(ms)
    .split(/\D+/)
    .map(Number);
  return { year, month, day, hour, minute, second };
}

/** What a clock shows. */
export interface Wall {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** A number that grows as clocks do. */
function wallMs(wall: Wall): number {
  return Date.UTC(wall.year, wall.month - 1, wall.day, wall.hour, wall.minute, wall.second);
}

/** Whether a cron expression of numbers, `*`, lists, ranges and steps means what a clock shows. */
function means(expression: string, wall: Wall): boolean {
  const given = expression.split(" ");
  const fields = given.length === 5 ? ["0", ...given] : given;
  const dow = new Date(Date.UTC(wall.year, wall.month - 1, wall.day)).getUTCDay();
  const shown = [wall.second, wall.minute, wall.hour, wall.day, wall.month, dow];
  const [second, minute, hour, day, month, weekday] = fields.map((field, index) =>
    holds(field, shown[index] ?? NaN, index === 3 || index === 4 ? 1 : 0),
  );
  const both = fields[3] === "*" || fields[5] === "*";
  const days = both ? day === true && weekday === true : day === true || weekday === true;
  return second === true && minute === true && hour === true && month === true && days;
}

function holds(field: string, value: number, least: number): boolean {
  return field.split(",").some((part) => {
    const [range = "", step = "1"] = part.split("/");
    const [from = "", to = from] = range.split("-");
    const [low, high] = range === "*" ? [least, 99] : [Number(from), Number(to)];
    return value >= low && value <= high && (value - low) % Number(step) === 0;
  });
}

/** What clocks of a zone show at every minute or second of a time, and for 360 of them before it. */
export interface Look {
  /** The first instant of the time. */
  readonly from: number;
  /** 60,000 or 1,000: how finely is looked. Clocks must be set at multiples of it. */
  readonly stepMs: number;
  readonly seen: readonly { readonly ms: number; readonly wall: Wall }[];
}

/** Looks at every clock time from `from` (ms since 1970) to before `to`. */
export function look(timeZone: string, from: number, to: number, stepMs: number): Look {
  const seen: { ms: number; wall: Wall }[] = [];
  // Some before, so that what clocks showed already is known.
  for (let ms = from - 360 * stepMs; ms < to; ms += stepMs) seen.push({ ms, wall: shownAt(timeZone, ms) });
  return { from, stepMs, seen };
}

/** Every fire of a cron expression in the time that was looked at. */
export function expectedFires(expression: string, { from, stepMs, seen }: Look): number[] {
  const fixed = !/[*/]/.test(expression.split(" ").slice(0, -3).join(" "));
  const fires: number[] = [];
  let [last, furthest] = [Infinity, -Infinity];
  for (const { ms, wall } of seen) {
    const now = wallMs(wall);
    const between = (): boolean => {
      for (let skipped = last + stepMs; skipped < now; skipped += stepMs)
        if (means(expression, fromMs(skipped))) return true;
      return false;
    };
    const due = fixed ? now > furthest && (means(expression, wall) || between()) : means(expression, wall);
    if (ms >= from && due) fires.push(ms);
    furthest = Math.max(furthest, now);
    last = now;
  }
  return fires;
}

function fromMs(ms: number): Wall {
  const date = new Date(ms);
  return {
    year: date.getUTCFullYear(),
    month: date.getUTCMonth() + 1,
    day: date.getUTCDate(),
    hour: date.getUTCHours(),
    minute: date.getUTCMinutes(),
    second: date.getUTCSeconds(),
  };
}

/** The instants in a time at which clocks of the zone are set, to the minute. */
export function clockChanges(timeZone: string, from: number, to: number): number[] {
  const offset = (ms: number): number => wallMs(shownAt(timeZone, ms)) - ms;
  const changes: number[] = [];
  const HOUR = 3_600_000;
  for (let ms = from; ms < to; ms += HOUR) {
    if (offset(ms) === offset(ms + HOUR)) continue;
    let at = ms;
    while (offset(at) === offset(ms)) at += 60_000;
    changes.push(at);
  }
  return changes;
}
