import { z } from "zod";
import { fileOptions, textOptions } from "../shared/files/file-options.ts";

/** Options of `json()`. */
export const jsonOptions = z.strictObject({
  ...fileOptions,
  ...textOptions,
  /**
   * Where the rows are: `$.features[*]`, `$[*]`, `$.*`, `$.data['my items'][*]`, `$` for a document that is one row.
   * A path to an array means its elements. Default: the elements of a top-level array, or of the only array (of
   * objects, where there are others) in a top-level object.
   */
  rows: z.string().min(1).optional(),
  /** Longest row in characters; a longer one is not read as JSON. Default 64 Mi. */
  maxRowLength: z
    .number()
    .int()
    .positive()
    .default(64 * 1024 ** 2),
});

/** Options of `json()`, as users write them. */
export type JsonOptions = z.input<typeof jsonOptions>;
/** Options of `json()`, with the defaults filled in. */
export type ResolvedJsonOptions = z.output<typeof jsonOptions>;
