import { z } from "zod";
import { variableOptions } from "../../shared/sampling/index.ts";

/** Options of a plan: what is sampled. */
export const planOptions = z
  .strictObject({
    /** Number by which contexts name it. */
    id: z.number().int().nonnegative(),
    /** A word for people. */
    name: z.string().optional(),
    /** What is sampled; the ids differ. */
    variables: z.array(variableOptions).min(1),
  })
  .superRefine(({ variables }, issues) => {
    const seen = new Set<number>();
    for (const [index, { id }] of variables.entries()) {
      if (seen.has(id)) {
        const message = `is the id of another variable of the plan: ${id}`;
        issues.addIssue({ code: "custom", path: ["variables", index, "id"], message });
      }
      seen.add(id);
    }
  });

/** What is sampled, as users write it. */
export type PlanInput = z.input<typeof planOptions>;
/** What is sampled. */
export type Plan = z.output<typeof planOptions>;
