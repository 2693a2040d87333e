import { z } from "zod";
import { fileOptions, textOptions } from "../shared/files/file-options.ts";

const character = z.string().length(1, "must be one character");

/** Options of `csv()` and `tsv()`. */
export const csvOptions = z.strictObject({
  ...fileOptions,
  ...textOptions,
  /** What stands between two fields. Default: found out of `,` `;` tab and `|` from the beginning of the file. */
  delimiter: character.optional(),
  /** What fields with delimiters or line breaks are put in; false: quotes mean nothing. Default `"`. */
  quote: z.union([character, z.literal(false)]).default('"'),
  /** What stands before a quote inside of a quoted field. Default: the quote itself, doubled. */
  escape: character.optional(),
  /**
   * true: the first record has the names of the columns. false: there is no such record, and the columns are
   * `column_1`, `column_2`, …  An array: there is none, and these are the names. Default true.
   */
  header: z.union([z.boolean(), z.array(z.string().min(1)).min(1)]).default(true),
  /** Names that come twice in the header: `error`, or `suffix` to call the second one `name_2`. Default `error`. */
  duplicateHeaders: z.enum(["error", "suffix"]).default("error"),
  /** Records with too few fields: `null` fills up, `reject` sends them to the quarantine. Too many are always rejected. Default `null`. */
  ragged: z.enum(["null", "reject"]).default("null"),
  /** A quote inside of an unquoted field is taken as it is instead of rejecting the record. Default false. */
  relaxedQuotes: z.boolean().default(false),
  /** Lines that start with this character are left out. Default: none. */
  comment: character.optional(),
  /** Lines to leave out at the start of each file, before the header. Default 0. */
  skipLines: z.number().int().nonnegative().default(0),
  /** Values that mean null, quoted or not. Default `[""]`. */
  nulls: z.array(z.string()).default([""]),
  /** Longest record in characters; a quote that is not closed within is a mistake. Default 16 Mi. */
  maxRecordLength: z
    .number()
    .int()
    .positive()
    .default(16 * 1024 ** 2),
  /**
   * Append and upsert: a file that was only added to is read on from its old end. A last line without its line break
   * is left for the next time. Default false.
   */
  grows: z.boolean().default(false),
});

/** Options of `csv()`, as users write them. */
export type CsvOptions = z.input<typeof csvOptions>;
/** Options of `csv()`, with the defaults filled in. */
export type ResolvedCsvOptions = z.output<typeof csvOptions>;
