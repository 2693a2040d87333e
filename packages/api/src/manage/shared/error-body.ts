import { z } from "zod";

/** What went wrong in a run or job, as its record has it. */
export const RecordedError = z.object({
  code: z.string().describe("Such as `MLR_SOURCE_FAILED`; see the reference of errors."),
  message: z.string(),
  hint: z.string().nullable().describe("What to do about it."),
});
