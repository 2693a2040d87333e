import { styleText } from "node:util";
import type { LogRecord } from "../../log-record.ts";

/** A record as one line of JSON, without a line feed. */
export function jsonLine(record: LogRecord): string {
  const { id, at, level, message, fields, ...bindings } = record;
  return JSON.stringify({
    at,
    level,
    message,
    ...bindings,
    ...(fields === undefined ? {} : { fields }),
    ...(id === undefined ? {} : { id }),
  });
}

type Format = Parameters<typeof styleText>[0];

/** How a record is shown. */
export interface PrettyOptions {
  /** Paint it. */
  readonly colours: boolean;
  /** Say of which pipeline and run a line is. Default true. */
  readonly run?: boolean;
  /** Say which attempt of its run a line is of. Default false. */
  readonly attempt?: boolean;
}

const PAINT: Readonly<Record<LogRecord["level"], Format>> = {
  trace: "dim",
  debug: "dim",
  info: "green",
  warn: "yellow",
  error: "red",
  fatal: ["bold", "red"],
};

/** A record for people, of one line or more; nothing in it moves a terminal's cursor. */
export function prettyLine(
  record: LogRecord,
  { colours, run = true, attempt = false }: PrettyOptions,
): string {
  const paint = (format: Format, text: string): string =>
    colours ? styleText(format, text, { validateStream: false }) : text;
  const about = [
    run ? record.pipeline : undefined,
    run ? record.run?.slice(0, 8) : undefined,
    attempt && record.attempt !== undefined ? `attempt ${record.attempt}` : undefined,
    record.logger,
    record.stream,
  ].filter((part) => part !== undefined);
  const head = [
    paint("dim", localTime(record.at)),
    paint(PAINT[record.level], record.level.padEnd(5)),
    ...(about.length === 0 ? [] : [paint("cyan", printable(about.join(" ")))]),
    printable(record.message),
  ].join(" ");
  return record.fields === undefined ? head : `${head} ${paint("dim", fieldsText(record.fields))}`;
}

function fieldsText(fields: NonNullable<LogRecord["fields"]>): string {
  const stacks: string[] = [];
  const shown = Object.entries(fields).map(([name, value]) => {
    if (name !== "error" || typeof value !== "object" || value === null || Array.isArray(value))
      return `${name}=${typeof value === "string" && /^[^\s"=]+$/.test(value) ? value : JSON.stringify(value)}`;
    const { stack, ...rest } = value as Readonly<Record<string, unknown>>;
    if (typeof stack === "string") stacks.push(stack);
    return `${name}=${JSON.stringify(rest)}`;
  });
  return [printable(shown.join(" ")), ...stacks.map(printable)].join("\n  ");
}

/** `14:05:09.123`, in local time: a log is read on the day it is written. */
function localTime(at: string): string {
  const time = new Date(at);
  if (Number.isNaN(time.getTime())) return at;
  const two = (value: number): string => String(value).padStart(2, "0");
  const date = `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())}`;
  return `${date} ${two(time.getHours())}:${two(time.getMinutes())}:${two(time.getSeconds())}.${String(time.getMilliseconds()).padStart(3, "0")}`;
}

/** Control characters written out; further lines are indented. */
function printable(text: string): string {
  return (
    text
      .replaceAll(/\r?\n/g, "\n  ")
      // eslint-disable-next-line no-control-regex -- these are what must not reach a terminal
      .replaceAll(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/g, (character) =>
        character === "\t" ? "  " : `\\x${character.charCodeAt(0).toString(16).padStart(2, "0")}`,
      )
  );
}
