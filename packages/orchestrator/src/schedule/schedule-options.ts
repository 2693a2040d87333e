import { type Blackout, type CatchUp, timeZoneProblem } from "@millrace/core";
import { z } from "zod";
import { checkCron } from "./check-cron.ts";
import { durationOf } from "./duration.ts";

/** A time span: milliseconds, or a text such as `"30 seconds"`, `"5 minutes"`, `"2 hours"`, `"1 day"`, `"90s"`. */
export type Duration = number | string;

/** What is done about fires that nobody was there for. */
export interface CatchUpOptions {
  /** `none`: they are left out; `latest`: the last of them runs once; `all`: each runs, oldest first. Default `latest`. */
  readonly policy?: CatchUp["policy"];
  /** At most so many runs are made up for, the newest ones. Default 100, at most 10,000. */
  readonly limit?: number;
  /** Older fires are left out. Default 7 days, at most 10 years. */
  readonly maxAge?: Duration;
}

/** A time in which nothing is started. */
export interface BlackoutOptions {
  /** Cron expression of its beginnings, in the schedule's time zone. */
  readonly from: string;
  /** How long it lasts, at most 366 days. Two hours are two hours also where clocks are set meanwhile. */
  readonly length: Duration;
}

/** What every schedule may be told besides its times. */
export interface ScheduleOptions {
  /** IANA name of the time zone in which its times are meant, such as `Europe/Berlin`. Default `UTC`. */
  readonly timeZone?: string;
  /** Each fire is put off by a time between 0 and this, the same for the same pipeline and fire. Default none. */
  readonly jitter?: Duration;
  /** What is done about fires that nobody was there for. Default `latest`. */
  readonly catchUp?: CatchUp["policy"] | CatchUpOptions;
  /** Times in which nothing is started: fires in them are left out. Default none, at most 20. */
  readonly blackouts?: readonly BlackoutOptions[];
}

const DAY = 86_400_000;
const YEAR = 366 * DAY;
const POLICIES = ["none", "latest", "all"] as const;

const LENGTH_HINT =
  'must be milliseconds, or a duration such as "30 seconds", "5 minutes", "2 hours", "1 day"';

/** A duration within limits, in milliseconds. */
function duration(least: number, most: number, range: string): z.ZodType<number, Duration> {
  return z
    .union([z.number(), z.string()])
    .transform((given) => (typeof given === "number" ? given : durationOf(given)))
    .pipe(z.number({ error: LENGTH_HINT }).int(LENGTH_HINT).min(least, range).max(most, range));
}

const catchUpOptions = z.strictObject({
  policy: z.enum(POLICIES).default("latest"),
  limit: z.number().int().min(1).max(10_000).default(100),
  maxAge: duration(1_000, 10 * YEAR, "must be from 1 second to 10 years").default(7 * DAY),
});

const CATCH_UP = catchUpOptions.parse({});

/** The options that `every` and `cron` share. */
export const scheduleSchema = z.strictObject({
  timeZone: z
    .string()
    .superRefine((zone, context) => {
      const message = timeZoneProblem(zone);
      if (message !== undefined) context.addIssue({ code: "custom", message });
    })
    .default("UTC"),
  jitter: duration(0, YEAR, "must be from 0 to 366 days").default(0),
  catchUp: z.union([z.enum(POLICIES), catchUpOptions]).default("latest"),
  blackouts: z
    .array(
      z.strictObject({
        from: z.string(),
        length: duration(1, YEAR, "must be longer than 0, and at most 366 days"),
      }),
    )
    .max(20)
    .default([]),
});

/** What schedules of both kinds have. */
export interface ScheduleRules {
  readonly timeZone: string;
  readonly jitterMs: number;
  readonly catchUp: CatchUp;
  readonly blackouts: readonly Blackout[];
}

/**
 * Checks options and fills in their defaults, frozen.
 * @param where the call that they belong to, for messages
 */
export function scheduleRules(given: z.output<typeof scheduleSchema>, where: string): ScheduleRules {
  const { timeZone, jitter, blackouts } = given;
  const { policy, limit, maxAge } =
    typeof given.catchUp === "string" ? { ...CATCH_UP, policy: given.catchUp } : given.catchUp;
  return {
    timeZone,
    jitterMs: jitter,
    catchUp: Object.freeze({ policy, limit, maxAgeMs: maxAge }),
    blackouts: Object.freeze(
      blackouts.map(({ from, length }) =>
        Object.freeze({ from: checkCron(from, `${where}: blackouts`), lengthMs: length }),
      ),
    ),
  };
}
