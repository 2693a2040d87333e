import { z } from "zod";

/** Why a run failed, in short. */
export const ErrorSummary = z
  .object({
    code: z.string().describe("`MLR_…`"),
    message: z.string(),
    hint: z.string().nullable().describe("What to do about it."),
  })
  .meta({ id: "ErrorSummary" });

/** Why a run failed, with the place in the code or the data where it did. */
export const RunError = ErrorSummary.extend({
  retry: z.enum(["never", "later"]).nullable().describe("`later`: the same may succeed when tried again."),
  details: z.record(z.string(), z.json()),
  position: z
    .object({
      of: z.enum(["code", "data"]),
      file: z.string(),
      line: z.number().int().nullable(),
      column: z.number().int().nullable(),
    })
    .nullable()
    .describe("Place in the code of the project, or in the data that was read, where it is known."),
}).meta({ id: "RunError" });
