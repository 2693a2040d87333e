import { z } from "zod";
import type { SnapshotDefinition, SnapshotPeriod, SnapshotRetention } from "../schema/table.ts";
import { timeZoneProblem } from "./time-zone.ts";

const PERIODS = ["hour", "day", "week", "month", "year"] as const;
const count = z.number().int().min(1).optional();

const retention = z
  .strictObject({
    /** Keep the last snapshot of each of the newest so many hours that have one. Default: none because of its hour. */
    hours: count,
    /** The same by days. */
    days: count,
    /** The same by weeks from Monday. */
    weeks: count,
    /** The same by months. */
    months: count,
    /** The same by years. */
    years: count,
  })
  .refine((counts) => Object.values(counts).some((each) => each !== undefined), {
    message: "must say how many snapshots stay, such as { days: 30, months: 12 }; leave it out to keep all",
  });

const detailed = z
  .strictObject({
    /** One per hour, day, week (from Monday), month or year. Default `day`. */
    every: z.enum(PERIODS).optional(),
    /** IANA time zone in which they begin, such as `Europe/Berlin`. Default `UTC`. */
    timeZone: z
      .string()
      .refine((zone) => timeZoneProblem(zone) === undefined, {
        error: ({ input }) => timeZoneProblem(String(input)) ?? "invalid",
      })
      .optional(),
    /** Which snapshots stay; the rows of the others are deleted. Default: all stay. */
    retention: retention.optional(),
  })
  .superRefine(({ every = "day", retention: counts }, context) => {
    const finer = PERIODS.slice(0, PERIODS.indexOf(every)).map(
      (unit) => `${unit}s` as keyof SnapshotRetention,
    );
    const odd = finer.find((unit) => counts?.[unit] !== undefined);
    if (odd === undefined) return;
    context.addIssue({
      code: "custom",
      path: ["retention", odd],
      message: `there is one snapshot per ${every}, so none are kept by ${odd}`,
    });
  });

/** How the snapshots of a table are kept: a period, or more. */
export const snapshotOptions = z.union([z.enum(PERIODS), detailed]);

/** The option with its defaults filled in; one a day in UTC where nothing is said. */
export function snapshotDefinition(
  given: SnapshotPeriod | z.output<typeof detailed> | undefined,
): SnapshotDefinition {
  const {
    every = "day",
    timeZone = "UTC",
    retention: counts,
  } = typeof given === "object" ? given : { every: given };
  const stated = Object.entries(counts ?? {}).filter(([, value]) => value !== undefined);
  return {
    every,
    timeZone,
    ...(stated.length === 0 ? {} : { retention: Object.fromEntries(stated) }),
  };
}
