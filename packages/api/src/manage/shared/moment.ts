import { z } from "zod";

/** An instant in a query. Years that PostgreSQL does not have are refused. */
export const Moment = z.iso
  .datetime()
  .refine((at) => at >= "1970", { message: "must not be before 1970" })
  .describe("ISO 8601 in UTC.");
