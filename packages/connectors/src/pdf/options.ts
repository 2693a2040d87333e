import { secretText } from "@millrace/core";
import { z } from "zod";
import { documentLimits } from "../shared/document/document-limits.ts";
import { fileOptions } from "../shared/files/file-options.ts";

/** How tables are found and what becomes of them. */
const tables = z.strictObject({
  /**
   * `lines`: by ruling lines. `text`: by white space between aligned words. `auto`: by lines, and by white space where they
   * enclose nothing. Default `auto`.
   */
  strategy: z.enum(["auto", "lines", "text"]).default("auto"),
  /**
   * true: the first row of each table has the names of the columns. false: there is no such row, and the columns are
   * `column_1`, `column_2`, …  An array: there is none, and these are the names. Default true.
   */
  header: z.union([z.boolean(), z.array(z.string().min(1)).min(1)]).default(true),
  /** Only tables whose header has all these names. Default: every table. */
  having: z.array(z.string().min(1)).min(1).optional(),
  /** Only the table of this number, counted from 1 in each document. Default: every table. */
  number: z.number().int().positive().optional(),
  /** A table that goes on behind a page break is one, and its repeated header comes once. Default true. */
  mergePages: z.boolean().default(true),
  /** Smaller ones are no tables. Default 2. */
  minRows: z.number().int().positive().default(2),
  /** Narrower ones are no tables. Default 2. */
  minColumns: z.number().int().positive().default(2),
});

/** Options of `pdf()`. */
export const pdfOptions = z.strictObject({
  ...fileOptions,
  /**
   * What a row is: a `page` with its text, a `word` with its box, a row of a `table`, the `document` with its metadata and
   * form, or an `attachment` inside of it. Default `page`.
   */
  rows: z.enum(["page", "word", "table", "document", "attachment"]).default("page"),
  /** Which pages, such as `1-3,7`. Default: all. */
  pages: z
    .string()
    .regex(/^\d+(-\d*)?(,\d+(-\d*)?)*$/, { message: "must be like 1-3,7 or 5-" })
    .optional(),
  /** The text of a page keeps its place: columns by spaces, paragraphs by blank lines. Default false. */
  layout: z.boolean().default(false),
  /** Rows by page: adds the page drawn as PNG with so many dots per inch, as `image`. Default: no pictures. */
  imageDpi: z.number().int().min(10).max(1_200).optional(),
  /** Of encrypted documents. */
  password: secretText(z.string().min(1)).optional(),
  /** Rows by table: how tables are found. */
  tables: tables.prefault({}),
  /** What a document may take. Beyond it reading fails with MLR_SOURCE_LIMIT. */
  limits: documentLimits.prefault({}),
});

/** Options of `pdf()`, as users write them. */
export type PdfOptions = z.input<typeof pdfOptions>;
/** Options of `pdf()`, with the defaults filled in. */
export type ResolvedPdfOptions = z.output<typeof pdfOptions>;
