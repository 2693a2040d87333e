import { z } from "zod";
import { PageQuery, pageOf } from "../../server/page.ts";
import { Instant } from "../../server/timestamps.ts";
import { Moment } from "../shared/moment.ts";

export const SchedulesQuery = PageQuery.extend({
  group: z.string().max(200).optional(),
  pipeline: z.string().max(100).optional(),
  count: z.coerce.number().int().min(1).max(100).default(5).describe("Fires of each."),
  until: Moment.optional().describe("Only fires before this time."),
});
export const ScheduleItem = z
  .object({
    pipeline: z.string(),
    group: z.string().nullable(),
    state: z
      .enum(["enabled", "disabled", "paused"])
      .describe("Only enabled ones fire; `paused`: fires wait."),
    text: z.string().describe("The schedule in words."),
    timeZone: z.string().describe("IANA name."),
    lastDueAt: Instant.nullable(),
    nextFires: z.array(Instant),
  })
  .meta({ id: "ScheduleItem" });
export const SchedulesPage = pageOf(ScheduleItem).meta({ id: "SchedulesPage" });
