import { z } from "zod";

/** Options of `pushed()`. */
export const pushedOptions = z.strictObject({
  /** The name by which senders know the stream: `POST /v1/streams/<stream>/rows`. Default: the pipeline's name. */
  stream: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/, "must be letters, digits and . _ - between them, at most 100")
    .optional(),
  /** Declared types: column → type such as `integer`, `numeric(12,2)`, `timestamptz`, `text[]`. The others are inferred from the rows. Default: none. */
  columns: z.record(z.string().min(1), z.string().min(1)).optional(),
  /** Instead of `columns`: a zod object such as `z.object({ id: z.int(), seen: z.iso.datetime() })`, of which the types and what may be null are taken. What else it checks belongs into quality rules. Default: none. */
  schema: z.custom<z.ZodType>((value) => value instanceof z.ZodType, "must be a zod object").optional(),
});

/** Options of `pushed()`, as users write them. */
export type PushedOptions = z.input<typeof pushedOptions>;
