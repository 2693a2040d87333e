import { z } from "zod";
import { fileOptions, textOptions } from "../shared/files/file-options.ts";

/** Options of `jsonl()`. */
export const jsonlOptions = z.strictObject({
  ...fileOptions,
  ...textOptions,
  /** Longest line in characters; longer ones are rejected. Default 64 Mi. */
  maxLineLength: z
    .number()
    .int()
    .positive()
    .default(64 * 1024 ** 2),
  /**
   * Append and upsert: a file that was only added to is read on from its old end. A last line without its line break
   * is left for the next time. Default false.
   */
  grows: z.boolean().default(false),
});

/** Options of `jsonl()`, as users write them. */
export type JsonlOptions = z.input<typeof jsonlOptions>;
/** Options of `jsonl()`, with the defaults filled in. */
export type ResolvedJsonlOptions = z.output<typeof jsonlOptions>;
