import { z } from "zod";
import { PageQuery, pageOf } from "../../server/page.ts";
import { Instant } from "../../server/timestamps.ts";
import { Count, Name } from "../shared/names.ts";

export const ErrorsQuery = PageQuery.extend({
  pipeline: Name.optional(),
  code: z.string().min(1).max(100).optional(),
  state: z.enum(["new", "returned", "known"]).optional(),
  since: z.iso.datetime({ offset: true }).optional().describe("Only errors that were seen since."),
});

const ErrorSample = z
  .object({
    run: z.guid(),
    pipeline: z.string(),
    at: Instant,
    message: z.string(),
    hint: z.string().nullable(),
    stack: z.string().nullable(),
  })
  .meta({ id: "ErrorSample" });

export const ErrorGroup = z
  .object({
    fingerprint: z
      .string()
      .describe("The same for errors whose code and message, without numbers and the like, agree."),
    code: z.string(),
    message: z.string().describe("Numbers, ids, quoted texts and paths are replaced by `<…>`."),
    count: Count,
    firstSeenAt: Instant,
    lastSeenAt: Instant,
    state: z
      .enum(["new", "returned", "known"])
      .describe(
        "`new`: first seen within a day. `returned`: within a day seen again, after runs of the pipeline had succeeded for a day.",
      ),
    pipelines: z
      .array(z.object({ pipeline: z.string(), count: Count, lastSeenAt: Instant }))
      .describe("At most 20."),
    sample: ErrorSample.describe("The latest."),
  })
  .meta({ id: "ErrorGroup" });

export const ErrorsPage = pageOf(ErrorGroup);

export const ErrorParams = z.object({
  fingerprint: z.string().regex(/^[\da-f]{16}$/, "must be 16 hexadecimal digits"),
});

export const ErrorDetail = ErrorGroup.extend({
  days: z
    .array(z.object({ day: z.iso.date(), count: Count }))
    .describe("Of the past 30 days, without those with none."),
  runs: z
    .array(z.object({ run: z.guid(), pipeline: z.string(), at: Instant, message: z.string() }))
    .describe("The latest 50."),
});
