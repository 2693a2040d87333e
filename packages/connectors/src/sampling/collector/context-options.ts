import { z } from "zod";
import { interval } from "../../shared/sampling/index.ts";
import { planOptions } from "../plan/plan-options.ts";

/** Options of a context: one user's wish to have a plan sampled. */
export const contextOptions = z.strictObject({
  /** Number that tells it from all other contexts of the collector. */
  id: z.number().int().nonnegative(),
  /** A word for people. Default `context <id>`. */
  name: z.string().min(1).optional(),
  /** What is sampled: a plan, or the id of one in the collector's repository. */
  plan: z.union([z.number().int().nonnegative(), planOptions], {
    message: "must be a plan or the id of one",
  }),
  /** Milliseconds between two samples of variables that have no interval of their own. Default 1,000. */
  defaultIntervalMs: interval.default(1_000),
  /**
   * A reading that another context caused less than these milliseconds before is shared instead of asking again; no interval
   * may be shorter. Default 0: nothing is shared but readings of the same tick.
   */
  minIntervalMs: z.number().int().nonnegative().default(0),
  /** Seconds after which it stops itself, pauses included; `Infinity`: never. Default 86,400: a day. */
  durationSeconds: z
    .union([z.number().positive(), z.literal(Number.POSITIVE_INFINITY)], {
      message: "must be a number of seconds, or Infinity",
    })
    .default(86_400),
});

/** A context, as users write it. */
export type ContextInput = z.input<typeof contextOptions>;
/** A context. */
export type ContextDefinition = z.output<typeof contextOptions>;
