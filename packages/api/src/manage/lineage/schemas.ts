import { z } from "zod";
import { Instant } from "../../server/timestamps.ts";

/** Something that data come from, go through, land in, or are used by. */
export const LineageNode = z.object({
  id: z.string().describe("Unique in the graph, such as `pipeline:quakes`."),
  kind: z.enum(["source", "pipeline", "table", "consumer"]),
  name: z.string(),
  detail: z.string().nullable().describe("Where it is, or its group."),
  state: z
    .enum(["healthy", "late", "failing", "paused", "disabled", "neverRan"])
    .nullable()
    .describe("Of a pipeline, or of the one that writes a table; null where nothing is known."),
  lastAt: Instant.nullable().describe("When data last went through it."),
});

export const LineageEdge = z.object({
  from: z.string(),
  to: z.string(),
  use: z.string().describe("`read`, `write`, `call` or `after` (a parent)."),
  lastAt: Instant.nullable(),
});

export const Lineage = z.object({
  at: Instant,
  nodes: z.array(LineageNode),
  edges: z.array(LineageEdge),
  truncated: z.boolean().describe("There is more than 5,000 nodes: ask for one pipeline or table."),
});
