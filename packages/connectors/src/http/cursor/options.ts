import { z } from "zod";
import { duration } from "../../shared/http/option-types.ts";
import { place, valuePath } from "../option-types.ts";

/** Options of `cursor`. */
export const cursorOptions = z.strictObject({
  /** The field of a row that grows with every change, such as `updated_at` or `$.properties.updated`. */
  field: valuePath,
  /** Parameter that asks the server for rows from the cursor on. Default: none, all is read and what is known is left out. */
  param: z.string().min(1).optional(),
  /** Where the parameter goes. Default `query`. */
  in: place.default("query"),
  /**
   * How the parameter is written: as the rows have it, as an ISO 8601 timestamp in UTC, as a date, or as seconds or
   * milliseconds since 1970; with `unix` and `unix-ms` the numbers in the rows are times too. Default `as-is`.
   */
  format: z.enum(["as-is", "iso", "date", "unix", "unix-ms"]).default("as-is"),
  /** Where the first reading begins. Default: at the very beginning, so that the first reading is whole. */
  start: z.union([z.string(), z.number()]).optional(),
  /**
   * Each reading goes back this far, for rows that come late: a duration for times, a number for other cursors. What was
   * read already is not repeated. Default 0.
   */
  lag: z.union([duration, z.number().nonnegative()]).default(0),
  /**
   * The order the rows come in. `ascending`: checked, a step back is an error. `descending`: reading ends where known rows
   * begin, for servers that cannot be asked for new rows only. Default `any`.
   */
  order: z.enum(["any", "ascending", "descending"]).default("any"),
  /** Rows with the newest cursor, or within `lag` of it, that are remembered so that they are not repeated. Default 20,000. */
  remember: z.number().int().positive().default(20_000),
});

/** Options of `cursor` with the defaults filled in. */
export type CursorOptions = z.output<typeof cursorOptions>;
