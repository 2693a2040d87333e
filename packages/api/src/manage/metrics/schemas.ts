import { CONTROL_METRICS } from "@millrace/platform";
import { z } from "zod";
import { Instant } from "../../server/timestamps.ts";
import { Moment } from "../shared/moment.ts";

export const MetricsQuery = z.object({
  name: z.enum(CONTROL_METRICS).describe("As the reference of metrics has it."),
  from: Moment.optional().describe("Default: 24 hours before `to`."),
  to: Moment.optional().describe("Default: now."),
  step: z.coerce
    .number()
    .int()
    .min(60)
    .max(86_400)
    .optional()
    .describe("Seconds that one point stands for. Default: so many that there are 300 points at most."),
});

export const MetricsAnswer = z
  .object({
    name: z.enum(CONTROL_METRICS),
    from: Instant,
    to: Instant,
    step: z.number().int().describe("Seconds."),
    items: z
      .array(
        z.object({
          labels: z.record(z.string(), z.string()),
          points: z.array(
            z.object({
              at: Instant.describe("The beginning of the time that it stands for."),
              value: z.number().describe("The mean of that time."),
              max: z.number(),
            }),
          ),
        }),
      )
      .describe("A series for each set of labels: those with the largest values, 200 at most."),
  })
  .meta({ id: "MetricsAnswer" });
