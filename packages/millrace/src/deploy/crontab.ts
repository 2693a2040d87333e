import { MillraceError, type Pipeline, type Schedule } from "@millrace/core";
import { shellQuote } from "./shell-quote.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** Names of cron that are no fields. */
const NAMED: Readonly<Record<string, string>> = {
  "@yearly": "0 0 1 1 *",
  "@annually": "0 0 1 1 *",
  "@monthly": "0 0 1 * *",
  "@weekly": "0 0 * * 0",
  "@daily": "0 0 * * *",
  "@midnight": "0 0 * * *",
  "@hourly": "0 * * * *",
};

/** Where the lines run. */
export interface CrontabPlace {
  /** The folder of the deployed project, absolute. */
  readonly base: string;
  /** Names the block of lines. */
  readonly app: string;
  /** Of the machine's cron, such as `Etc/UTC`. */
  readonly timeZone: string;
}

/** The lines, and what cron cannot do of the schedules. */
export interface CrontabPlan {
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
}

/**
 * A crontab line for each pipeline with a schedule; those that come after it follow in the same line, each when the one
 * before it succeeded. Fails with MLR_DEPLOY_FAILED for a schedule that cron cannot keep.
 */
export function crontabPlan(pipelines: readonly Pipeline[], place: CrontabPlace): CrontabPlan {
  const enabled = pipelines.filter((each) => each.enabled !== false);
  const lines: string[] = [];
  const warnings: string[] = [];
  for (const pipeline of enabled) {
    const { schedule, name } = pipeline;
    if (schedule === undefined) {
      if (isEndless(pipeline))
        warnings.push(`"${name}" never ends, and cron does not keep it running: use systemd.`);
      continue;
    }
    const { fields, guard, warning } = cronTimes(name, schedule, place.timeZone);
    if (warning !== undefined) warnings.push(warning);
    if (schedule.blackouts.length > 0)
      warnings.push(`"${name}": cron knows no blackouts, they are left out.`);
    lines.push(`${fields} ${guard}${escaped(command(chain(name, enabled), place))}`);
  }
  return { lines, warnings };
}

/** True for a pipeline whose run never ends by itself. */
export function isEndless({ source }: Pipeline): boolean {
  return typeof source !== "function" && source.endless === true;
}

interface CronTimes {
  readonly fields: string;
  readonly guard: string;
  readonly warning?: string;
}

function cronTimes(name: string, schedule: Schedule, zone: string): CronTimes {
  if (schedule.kind === "interval") return intervalTimes(name, schedule.everyMs, schedule.anchorMs);
  if (zoneOf(schedule.timeZone) !== zoneOf(zone)) {
    throw new MillraceError(
      "MLR_DEPLOY_FAILED",
      `"${name}" is scheduled in ${schedule.timeZone}, but cron of that machine counts in ${zone}`,
      {
        hint: "Deploy without --cron where there is systemd, or let the machine and the schedule have one time zone.",
      },
    );
  }
  const expression = NAMED[schedule.expression] ?? schedule.expression;
  const fields = expression.trim().split(/\s+/);
  if (fields.length === 5) return { fields: fields.join(" "), guard: "" };
  const warning = `"${name}": cron knows no seconds, "${expression}" runs at the full minute.`;
  return { fields: fields.slice(1).join(" "), guard: "", warning };
}

/** Whole minutes, hours and days are fields of cron; what is no divisor of an hour or a day is looked at every minute. */
function intervalTimes(name: string, everyMs: number, anchorMs: number): CronTimes {
  if (everyMs < MINUTE_MS || everyMs % MINUTE_MS !== 0) {
    const minutes = Math.max(1, Math.round(everyMs / MINUTE_MS));
    const warning = `"${name}": cron knows whole minutes only, it runs every ${minutes === 1 ? "minute" : `${minutes} minutes`}.`;
    return { ...intervalTimes(name, minutes * MINUTE_MS, 0), warning };
  }
  const minutes = everyMs / MINUTE_MS;
  const plain = Math.abs(anchorMs) % everyMs === 0;
  if (plain && everyMs === MINUTE_MS) return { fields: "* * * * *", guard: "" };
  if (plain && HOUR_MS % everyMs === 0 && everyMs < HOUR_MS)
    return { fields: `*/${minutes} * * * *`, guard: "" };
  if (plain && everyMs === HOUR_MS) return { fields: "0 * * * *", guard: "" };
  // Hours and days are counted in UTC, whatever the time zone of cron.
  const every = everyMs % DAY_MS === 0 || everyMs % HOUR_MS === 0 ? "0 * * * *" : "* * * * *";
  const offset = Math.round((((anchorMs % everyMs) + everyMs) % everyMs) / MINUTE_MS);
  const fields = offset % 60 === 0 ? every : "* * * * *";
  return {
    fields,
    guard: `[ $(( ( $(date +\\%s) / 60 - ${offset} ) \\% ${minutes} )) -eq 0 ] && `,
  };
}

function zoneOf(zone: string): string {
  return /^(etc\/)?(utc|uct|gmt|universal|zulu|greenwich)$/i.test(zone) ? "UTC" : zone;
}

/** A pipeline and all that come after it, each after those before it. */
function chain(first: string, pipelines: readonly Pipeline[]): readonly string[] {
  const found = [first];
  for (const name of found) {
    for (const { name: child, parents = [], schedule } of pipelines)
      if (schedule === undefined && parents.includes(name) && !found.includes(child)) found.push(child);
  }
  return found;
}

function command(names: readonly string[], { base, app }: CrontabPlace): string {
  const runs = names
    .map((name) => `${shellQuote(`${base}/bin/millrace`)} run ${shellQuote(name)}`)
    .join(" && ");
  return `{ ${runs}; } >>${shellQuote(`${base}/logs/cron.log`)} 2>&1 # millrace ${app} ${names[0] ?? ""}`;
}

/** cron takes a `%` for the end of the line. */
function escaped(text: string): string {
  return text.replaceAll("%", "\\%");
}
