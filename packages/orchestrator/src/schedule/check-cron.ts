import { MillraceError, nearest } from "@millrace/core";
import { CronPattern } from "croner";
import { CronCalendar } from "./cron-calendar.ts";

/** Names for common expressions. */
export const CRON_NICKNAMES: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

interface Field {
  readonly name: string;
  readonly hint: string;
}

const FIELDS: readonly Field[] = [
  { name: "seconds", hint: "Seconds go from 0 to 59, such as 0, */15, 10-20 or 5,35." },
  { name: "minutes", hint: "Minutes go from 0 to 59, such as 0, */15, 10-20 or 5,35." },
  { name: "hours", hint: "Hours go from 0 to 23, such as 3, */2, 8-18 or 6,18." },
  {
    name: "day of the month",
    hint: "Days of the month go from 1 to 31, such as 1, 10-20, */2, L (the last) or 15W (the weekday nearest the 15th).",
  },
  { name: "month", hint: "Months go from 1 to 12 or JAN to DEC, such as 1, JAN, */3 or JUN-AUG." },
  {
    name: "day of the week",
    hint: "Days of the week go from 0 (Sunday) to 7 (Sunday) or SUN to SAT, such as MON-FRI, MON#1 (the first Monday) or FRI#L (the last Friday).",
  },
];

/** 2024-01-01: the answer whether an expression ever fires does not depend on the day it is asked. */
const SOME_TIME = Date.UTC(2024, 0, 1);

/**
 * A cron expression in its canonical spelling, after checks.
 * @param where the call that it belongs to, for messages
 * @throws MLR_ARGUMENT_INVALID, naming the field
 */
export function checkCron(given: string, where: string): string {
  const text = given.trim().replaceAll(/\s+/g, " ");
  const expression = text.startsWith("@") ? nickname(text, where) : text;
  const calendar = text.startsWith("@") ? CronCalendar.of(expression) : ofFields(expression, where);
  if (calendar.next(SOME_TIME) !== undefined) return expression;
  throw new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `${where}: "${expression}" never fires: there is no such date`,
    {
      hint: "Not every month has a 30th or 31st. L is the last day of any month.",
      details: { expression },
    },
  );
}

/** `@Daily` is `@daily`. */
function nickname(expression: string, where: string): string {
  const name = expression.toLowerCase();
  if (Object.hasOwn(CRON_NICKNAMES, name)) return name;
  const names = Object.keys(CRON_NICKNAMES);
  const guess = nearest(name, names);
  throw new MillraceError("MLR_ARGUMENT_INVALID", `${where}: there is no ${JSON.stringify(expression)}`, {
    hint:
      name === "@reboot"
        ? "A schedule fires at times, not at events."
        : guess === undefined
          ? `There are ${names.join(", ")}.`
          : `Did you mean "${guess}"?`,
    details: { expression },
  });
}

function ofFields(expression: string, where: string): CronCalendar {
  const fields = expression.split(" ");
  if (fields.length !== 5 && fields.length !== 6) throw wrongNumber(expression, fields.length, where);
  try {
    return CronCalendar.of(expression);
  } catch (error) {
    throw badField(fields, where, error);
  }
}

function wrongNumber(expression: string, count: number, where: string): MillraceError {
  const has = expression === "" ? "is empty" : `has ${count} field${count === 1 ? "" : "s"}`;
  return new MillraceError("MLR_ARGUMENT_INVALID", `${where}: "${expression}" ${has}, not 5 or 6`, {
    hint: 'Write minute, hour, day of the month, month, day of the week: "0 3 * * *" is 03:00 every day. A sixth field before them is the seconds.',
    details: { expression },
  });
}

function badField(fields: readonly string[], where: string, cause: unknown): MillraceError {
  const expression = fields.join(" ");
  const first = FIELDS.length - fields.length;
  const index = fields.findIndex((field, at) => !alone(field, first + at));
  const field = FIELDS[first + index];
  const value = fields[index];
  if (index === -1 || field === undefined || value === undefined) {
    return new MillraceError("MLR_ARGUMENT_INVALID", `${where}: "${expression}" cannot be read`, {
      cause,
      details: { expression },
    });
  }
  return new MillraceError(
    "MLR_ARGUMENT_INVALID",
    `${where}: "${value}" is not possible for the ${field.name} in "${expression}"`,
    { hint: hintFor(field, value), details: { expression, field: field.name, value }, cause },
  );
}

/** Whether a field can be read where the others say nothing. */
function alone(value: string, at: number): boolean {
  try {
    const pattern = FIELDS.map((_, index) => (index === at ? value : "*")).join(" ");
    return new CronPattern(pattern, undefined, { mode: "6-part" }).pattern !== "";
  } catch {
    return false;
  }
}

function hintFor(field: Field, value: string): string {
  const step = /^(\d+)\/(\d+)$/.exec(value);
  if (step !== null)
    return `Steps need a range or a *: write ${step[1]}-${LAST[field.name] ?? "…"}/${step[2]}.`;
  const range = /^(\d+)-(\d+)$/.exec(value);
  if (range !== null && Number(range[1]) > Number(range[2]))
    return `Ranges go upwards: write ${range[1]}-${LAST[field.name] ?? "…"},${FIRST[field.name] ?? "0"}-${range[2]}.`;
  return field.hint;
}

const FIRST: Readonly<Record<string, number>> = { "day of the month": 1, month: 1 };
const LAST: Readonly<Record<string, number>> = {
  seconds: 59,
  minutes: 59,
  hours: 23,
  "day of the month": 31,
  month: 12,
  "day of the week": 6,
};
