import { CRON_NICKNAMES } from "./check-cron.ts";

const MONTHS = "January February March April May June July August September October November December".split(
  " ",
);
const DAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday".split(" ");
const NTH = ["first", "second", "third", "fourth", "fifth"];
/** More times than this are told by their fields. */
const MOST_TIMES = 6;

/** A cron expression for people: `at 03:00 every day`, `every 5 minutes`, `at 09:00 on the second Friday of the month`. */
export function describeCron(given: string): string {
  const expression = CRON_NICKNAMES[given.toLowerCase()] ?? given;
  const fields = expression.replaceAll("?", "*").split(" ");
  const [second = "0", minute = "", hour = "", day = "*", month = "*", weekday = "*"] =
    fields.length === 5 ? ["0", ...fields] : fields;
  const time = timeText(second, minute, hour);
  const days = daysText(day, month, weekday);
  if (days !== "") return `${time} ${days}`;
  return time.startsWith("at ") && !time.includes("every") ? `${time} every day` : time;
}

function timeText(second: string, minute: string, hour: string): string {
  return (
    clockTimes(second, minute, hour) ?? steadyTimes(second, minute, hour) ?? fieldText(second, minute, hour)
  );
}

/** `at 06:00, 12:00 and 18:00` */
function clockTimes(second: string, minute: string, hour: string): string | undefined {
  const [hours, minutes, seconds] = [numbersOf(hour), numbersOf(minute), numbersOf(second)];
  if (hours === undefined || minutes === undefined || seconds === undefined) return undefined;
  if (hours.length * minutes.length * seconds.length > MOST_TIMES) return undefined;
  const times = hours.flatMap((h) => minutes.flatMap((m) => seconds.map((s) => clockText(h, m, s))));
  return `at ${list(times)}`;
}

/** `every 5 minutes`, `every hour`, `every 10 minutes from 08:00 to 18:59`, `at minute 15 of every 2nd hour` */
function steadyTimes(second: string, minute: string, hour: string): string | undefined {
  const hours = hourSpan(hour);
  if (second !== "0") {
    const step = stepOf(second);
    return step !== undefined && 60 % step === 0 && minute === "*" && hours !== undefined
      ? `${everyText(step, "second")}${hours}`
      : undefined;
  }
  const step = stepOf(minute);
  if (step !== undefined && hours !== undefined)
    return `${everyText(step, "minute")}${60 % step === 0 ? "" : " of an hour"}${hours}`;
  return onMinutes(minute, hour);
}

function onMinutes(minute: string, hour: string): string | undefined {
  const minutes = numbersOf(minute);
  if (minutes === undefined || minutes.length > MOST_TIMES) return undefined;
  const full = minutes.length === 1 && minutes[0] === 0;
  const at = `at minute${minutes.length === 1 ? "" : "s"} ${list(minutes.map(String))} of `;
  const span = /^(\d+)-(\d+)$/.exec(hour);
  if (span !== null) {
    const [from, to] = [clockText(Number(span[1]), 0, 0), clockText(Number(span[2]), full ? 0 : 59, 0)];
    return `${full ? "" : at}every hour from ${from} to ${to}`;
  }
  const step = stepOf(hour);
  if (step === undefined) return undefined;
  if (full && 24 % step === 0) return everyText(step, "hour");
  return step === 1 ? `${at}every hour` : `${at}every ${ordinal(step)} hour from 00:00`;
}

function fieldText(second: string, minute: string, hour: string): string {
  return `at ${second === "0" ? "" : `seconds ${second}, `}minutes ${minute}, hours ${hour}`;
}

/** Text after `every 5 minutes` for its hours: nothing for all of them; undefined where they are no span. */
function hourSpan(hour: string): string | undefined {
  if (hour === "*") return "";
  const span = /^(\d+)(?:-(\d+))?$/.exec(hour);
  if (span === null) return undefined;
  return ` from ${clockText(Number(span[1]), 0, 0)} to ${clockText(Number(span[2] ?? span[1]), 59, 0)}`;
}

function daysText(day: string, month: string, weekday: string): string {
  const months = monthText(month);
  const named = weekday === "*" ? "" : weekdayText(weekday.replace(/^\+/, ""));
  if (day === "*")
    return [named, months === "" ? "" : `in ${months}`].filter((text) => text !== "").join(" ");
  const dated = `${dayText(day)} of ${months === "" ? "every month" : months}`;
  return named === "" ? dated : `${dated} ${weekday.startsWith("+") ? "if" : "or"} ${named}`;
}

function monthText(month: string): string {
  if (month === "*") return "";
  const named = month.replaceAll(/[a-z]{3}/gi, (name) => String(indexOf(MONTHS, name) + 1));
  const span = /^(\d+)-(\d+)$/.exec(named);
  if (span !== null) return `${MONTHS[Number(span[1]) - 1]} to ${MONTHS[Number(span[2]) - 1]}`;
  const months = numbersOf(named);
  return months === undefined
    ? `months ${month}`
    : list(months.map((value) => MONTHS[value - 1] ?? String(value)));
}

function dayText(day: string): string {
  const parts = day.toUpperCase().split(",");
  if (!parts.every((part) => /^(\d+W?|LW?)$/.test(part))) return `on days ${day}`;
  const texts = parts.map((part) => {
    if (part === "L") return "last day";
    if (part === "LW") return "last weekday";
    return part.endsWith("W") ? `weekday nearest the ${ordinal(parseInt(part, 10))}` : ordinal(Number(part));
  });
  return `on the ${list(texts)}`;
}

function weekdayText(weekday: string): string {
  const named = weekday
    .replaceAll(/sun|mon|tue|wed|thu|fri|sat/gi, (name) => String(indexOf(DAYS, name)))
    .toUpperCase();
  const span = /^(\d)-(\d)$/.exec(named);
  if (span !== null) return `from ${dayName(span[1])} to ${dayName(span[2])}`;
  const parts = named.split(",");
  if (!parts.every((part) => /^\d(#[1-5L]|L)?$/.test(part))) return `on days ${weekday} of the week`;
  return `on ${list(parts.map(weekdayName))}`;
}

function weekdayName(part: string): string {
  const name = dayName(part[0]);
  if (part.length === 1) return name;
  const nth = part.endsWith("L") ? "last" : NTH[Number(part.slice(2)) - 1];
  return `the ${nth} ${name} of the month`;
}

function dayName(digit: string | undefined): string {
  return DAYS[Number(digit) % 7] ?? "";
}

function indexOf(names: readonly string[], short: string): number {
  return names.findIndex((name) => name.toLowerCase().startsWith(short.toLowerCase()));
}

/** The numbers of a list of numbers and ranges, in order; undefined for anything else. */
function numbersOf(field: string): number[] | undefined {
  const found = new Set<number>();
  for (const part of field.split(",")) {
    const match = /^(\d+)(?:-(\d+))?$/.exec(part);
    if (match === null) return undefined;
    for (let value = Number(match[1]); value <= Number(match[2] ?? match[1]); value++) found.add(value);
  }
  return [...found].toSorted((a, b) => a - b);
}

/** 1 for `*`, n for `*` and `/n`. */
function stepOf(field: string): number | undefined {
  if (field === "*") return 1;
  const step = /^\*\/(\d+)$/.exec(field)?.[1];
  return step === undefined ? undefined : Number(step);
}

function everyText(step: number, unit: string): string {
  return step === 1 ? `every ${unit}` : `every ${step} ${unit}s`;
}

function clockText(hour: number, minute: number, second: number): string {
  const two = (value: number): string => String(value).padStart(2, "0");
  return `${two(hour)}:${two(minute)}${second === 0 ? "" : `:${two(second)}`}`;
}

function ordinal(value: number): string {
  const suffix = value > 10 && value < 14 ? "th" : (["th", "st", "nd", "rd"][value % 10] ?? "th");
  return `${value}${suffix}`;
}

function list(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? "") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`;
}
