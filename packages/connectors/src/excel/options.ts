import { z } from "zod";
import { fileOptions } from "../shared/files/file-options.ts";

/** Options of `excel()`. */
export const excelOptions = z.strictObject({
  ...fileOptions,
  /** The sheet's name, or its number from 1 on. Default 1: the first. */
  sheet: z.union([z.string().min(1), z.number().int().positive()]).default(1),
  /**
   * true: the first row that is not empty has the names of the columns. false: there is no such row, and the columns
   * are `column_1`, `column_2`, …  An array: there is none, and these are the names. Default true.
   */
  header: z.union([z.boolean(), z.array(z.string().min(1)).min(1)]).default(true),
  /** Names that come twice in the header: `error`, or `suffix` to call the second one `name_2`. Default `error`. */
  duplicateHeaders: z.enum(["error", "suffix"]).default("error"),
  /** Rows of the sheet to leave out before the header, empty ones counted. Default 0. */
  skipRows: z.number().int().nonnegative().default(0),
  /** Cells with an error such as `#REF!`: `null`, or `reject` to send the row to the quarantine. Default `null`. */
  errors: z.enum(["null", "reject"]).default("null"),
});

/** Options of `excel()`, as users write them. */
export type ExcelOptions = z.input<typeof excelOptions>;
/** Options of `excel()`, with the defaults filled in. */
export type ResolvedExcelOptions = z.output<typeof excelOptions>;
