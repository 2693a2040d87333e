import { z } from "zod";
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

export const ObjectsQuery = z.object({
  name: z
    .string()
    .max(400)
    .optional()
    .describe("A table, view or procedure, with its database schema in front or without."),
  pipeline: z.string().max(100).optional(),
  since: Instant.optional().describe(
    "Only uses of this time or later. Default: the last 30 days, or all of them where a name is given.",
  ),
  limit: z.coerce.number().int().min(1).max(500).default(200),
});
export const ObjectItem = TouchedThing.extend({
  pipeline: z.string(),
  runs: z.number().int(),
  lastRun: z.guid(),
  lastAt: Instant,
}).meta({ id: "ObjectItem" });
export const ObjectsList = z.object({ items: z.array(ObjectItem) }).meta({ id: "ObjectsList" });
