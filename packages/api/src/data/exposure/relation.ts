import { z } from "zod";

/** A declared way from the rows of one exposed table to those of another, by which they can be embedded. */
export const Relation = z.strictObject({
  /** As requests call it. */
  name: z
    .string()
    .regex(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, { message: "must be a name of letters, digits and _" }),
  /** Name of the other exposed table. */
  table: z.string().min(1),
  /** Pairs of columns that are equal: the own one, then theirs. */
  columns: z
    .array(z.tuple([z.string().min(1), z.string().min(1)]))
    .min(1)
    .max(16),
  /** Whether there are many rows on the other side; otherwise one or none. */
  many: z.boolean(),
});
export type Relation = z.infer<typeof Relation>;
