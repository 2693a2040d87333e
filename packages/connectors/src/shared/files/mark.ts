import { z } from "zod";

/** Where in a file reading can go on. */
export const mark = z.strictObject({
  /** Records behind which to go on, header lines not counted, rejected ones counted. */
  records: z.number().int().nonnegative(),
  /** Byte offset of the next record, where the content can be entered there. */
  offset: z.number().int().nonnegative().exactOptional(),
  /** 1-based line of the next record, for text. */
  line: z.number().int().positive().exactOptional(),
});

/** Where in a file reading can go on. */
export type Mark = z.infer<typeof mark>;
