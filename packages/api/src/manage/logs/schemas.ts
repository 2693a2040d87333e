import { z } from "zod";
import { PageQuery } from "../../server/page.ts";
import { Instant } from "../../server/timestamps.ts";
import { Moment } from "../shared/moment.ts";

const level = z.enum(["trace", "debug", "info", "warn", "error", "fatal"]);

export const LogLine = z
  .object({
    id: z.guid(),
    position: z.number().int().describe("The order in which lines of a run became readable."),
    at: Instant,
    level,
    message: z.string(),
    logger: z.string().nullable().describe("The part that speaks, such as `orchestrator.queue`."),
    stream: z.enum(["stdout", "stderr"]).nullable().describe("Where a program wrote it by itself."),
    attempt: z.number().int().nullable(),
    run: z.guid().nullable(),
    pipeline: z.string().nullable(),
    group: z.string().nullable(),
    worker: z.string().nullable(),
    fields: z.record(z.string(), z.json()).nullable(),
  })
  .meta({ id: "LogLine" });

export const LogsQuery = PageQuery.extend({
  level: level.optional().describe("Of at least this level."),
  search: z
    .string()
    .max(200)
    .optional()
    .describe("Text that the message or the fields hold; capitals do not count."),
  pipeline: z.string().max(100).optional(),
  group: z.string().max(200).optional(),
  worker: z.string().max(200).optional(),
  from: Moment.optional().describe("Only lines of this time or later."),
  to: Moment.optional().describe("Only lines before this time."),
});
export const LogsPage = z
  .object({
    items: z.array(LogLine).describe("Newest first."),
    next: z
      .string()
      .optional()
      .describe(
        "To be given as `after` for older lines; absent where there are none. A page may have fewer lines than asked for, or none, and `next` still: a request looks through a limited number of lines.",
      ),
    searchedTo: Instant.nullable().describe(
      "The time down to which this page has looked; null: all was looked at.",
    ),
  })
  .meta({ id: "LogsPage" });
