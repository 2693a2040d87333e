import { z } from "zod";

/** Options of windows. */
export const windowOptions = z.strictObject({
  /** Length of a window in ms; windows begin at multiples of it. */
  windowMs: z.number().int().positive(),
  /** Late samples are waited for so long after a window's end, in ms. Default 1,000. */
  graceMs: z.number().int().nonnegative().default(1_000),
  /** The samples land too, in the stream `samples`. Default false: only the windows do. */
  keepSamples: z.boolean().default(false),
});

/** How samples are put together. */
export type WindowOptions = z.output<typeof windowOptions>;
