import { z } from "zod";
import { duration } from "../../shared/http/option-types.ts";

/** Options of one rate budget. */
export const budgetOptions = z.strictObject({
  /** Requests in any window of `per`. Default: no limit but those that the server tells. */
  requests: z.number().int().positive().optional(),
  /** Length of the window. Default 1 second. */
  per: duration.default("1 second"),
  /** Requests at the same time. Default 4 per host; no limit of its own for a route. */
  concurrency: z.number().int().positive().max(256).optional(),
  /**
   * Which requests it is for: a host (`api.example.com`), a path (`/search/*`), or both (`api.example.com/search/*`);
   * `*` stands for anything. Default: each host has a budget like this of its own.
   */
  route: z.string().min(1).optional(),
});

/** A rate budget with the defaults filled in. */
export type BudgetOptions = z.output<typeof budgetOptions>;
