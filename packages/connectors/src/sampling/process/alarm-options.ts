import { z } from "zod";

/** Options of one alarm. */
export const alarmOptions = z
  .strictObject({
    /** The variable, by its id or its name. */
    variable: z.union([z.number().int().nonnegative(), z.string().min(1)]),
    /** What it is called where it is told. Default: the variable's name, and what is wrong with it. */
    name: z.string().min(1).optional(),
    /** Told as critical at or above this. */
    highHigh: z.number().optional(),
    /** Told as a warning at or above this. */
    high: z.number().optional(),
    /** Told as a warning at or below this. */
    low: z.number().optional(),
    /** Told as critical at or below this. */
    lowLow: z.number().optional(),
    /** How far the value has to come back behind a limit for the alarm to be over. Default 0. */
    hysteresis: z.number().nonnegative().default(0),
    /** Milliseconds that the value has to be beyond the limit before it is told. Default 0. */
    delayMs: z.number().int().nonnegative().default(0),
    /** Bad quality is an alarm too. Default false. */
    bad: z.boolean().default(false),
  })
  .refine(
    ({ highHigh, high, low, lowLow, bad }) =>
      bad || [highHigh, high, low, lowLow].some((limit) => limit !== undefined),
    { message: "needs a limit: high, highHigh, low or lowLow, or bad: true" },
  );

/** A limit that is watched. */
export type AlarmDefinition = z.output<typeof alarmOptions>;
