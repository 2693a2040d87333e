import { z } from "zod";
import { PageQuery, pageOf } from "../../server/page.ts";
import { Instant } from "../../server/timestamps.ts";

export const TouchedThing = z
  .object({
    database: z.string(),
    kind: z.enum(["table", "view", "procedure", "function", "sequence", "schema", "other", "statement"]),
    namespace: z.string().nullable(),
    name: z.string(),
    use: z.enum(["read", "write", "delete", "create", "alter", "drop", "call", "lock", "unknown"]),
  })
  .meta({ id: "TouchedThing" });

export const ObjectsQuery = PageQuery.extend({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(500)
    .default(100)
    .describe("Names and pipelines of a page; one of them may be several entries."),
  name: z
    .string()
    .max(400)
    .optional()
    .describe("A table, view or procedure, with its database schema in front or without."),
  pipeline: z.string().max(100).optional().describe("Only what this pipeline's last 30 runs touched."),
});
export const ObjectItem = TouchedThing.extend({
  pipeline: z.string(),
  runs: z.number().int().describe("Runs among those of its last 20 uses, or the pipeline's last 30."),
  lastRun: z.guid(),
  lastAt: Instant,
}).meta({ id: "ObjectItem" });
export const ObjectsPage = pageOf(ObjectItem).meta({ id: "ObjectsPage" });
