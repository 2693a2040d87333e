import { EVENT_TYPES } from "@millrace/platform";
import { z } from "zod";
import { PageQuery, pageOf } from "../../server/page.ts";
import { Instant } from "../../server/timestamps.ts";
import { listOf } from "../shared/list-of.ts";
import { Moment } from "../shared/moment.ts";

export const EventItem = z
  .object({
    id: z.number().int(),
    at: Instant,
    type: z.string().describe("Such as `run.finished`."),
    pipeline: z.string().nullable(),
    group: z.string().nullable(),
    run: z.guid().nullable(),
    worker: z.string().nullable(),
    data: z.record(z.string(), z.json()).describe("What events of this type tell besides."),
  })
  .meta({ id: "EventItem" });

export const EventsQuery = PageQuery.extend({
  type: listOf(z.enum(EVENT_TYPES as [string, ...string[]]))
    .optional()
    .describe("Only these types, by commas."),
  pipeline: z.string().max(100).optional(),
  group: z.string().max(200).optional(),
  run: z.guid().optional(),
  from: Moment.optional().describe("Only events of this time or later."),
  to: Moment.optional().describe("Only events before this time."),
});
export const EventsPage = pageOf(EventItem).meta({ id: "EventsPage" });
