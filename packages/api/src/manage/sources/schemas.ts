import { z } from "zod";
import { Instant } from "../../server/timestamps.ts";

const common = {
  pipeline: z.string(),
  group: z.string().nullable(),
  run: z.guid().describe("The run whose source said it."),
  running: z.boolean().describe("The run goes on; otherwise the status is the last that it said."),
  enabled: z.boolean(),
  at: Instant.describe("When it was said."),
  ageMs: z.number(),
};

/** How the source of a pipeline does, without its long lists. */
export const SourceItem = z
  .object({
    ...common,
    status: z
      .json()
      .describe("As the source says it, see the reference of its connector; without its long lists."),
  })
  .meta({ id: "SourceItem" });

/** How the source of a pipeline does. */
export const SourceDetail = z
  .object({
    ...common,
    status: z.json().describe("As the source says it, see the reference of its connector."),
  })
  .meta({ id: "SourceDetail" });

export const SourcesAnswer = z.object({ items: z.array(SourceItem) });

export const SourceReceiptAnswer = z.object({
  id: z.guid().describe("Of the command."),
  pipeline: z.string(),
  run: z.guid(),
  done: z.boolean().describe("False while it is not known what came of it: GET /commands will tell."),
  answer: z.json(),
});

export type SourceItem = z.output<typeof SourceItem>;
export type SourceDetail = z.output<typeof SourceDetail>;
