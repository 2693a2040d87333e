import { z } from "zod";
import { fileOptions, textOptions } from "../shared/files/file-options.ts";

/** Options of `xml()`. */
export const xmlOptions = z.strictObject({
  ...fileOptions,
  ...textOptions,
  /** The elements that are rows: `/catalog/book` from the outermost one on, `//book` at any depth, `*` for any name. Prefixes of namespaces do not count. */
  rows: z.string().min(1),
  /** What stands before the names of attributes, for instance `"@"` where elements have the same names. Default: nothing. */
  attributePrefix: z.string().default(""),
  /** Column with the text of an element that has attributes or child elements besides. Default `text`. */
  textName: z.string().min(1).default("text"),
  /** Names of elements that are always arrays, also in rows that have one of them. Default: an array where there are several. */
  lists: z.array(z.string().min(1)).default([]),
  /** Longest row in characters of XML, also the longest text outside of rows; longer ones fail the run. Default 64 Mi. */
  maxRowLength: z
    .number()
    .int()
    .positive()
    .default(64 * 1024 ** 2),
});

/** Options of `xml()`, as users write them. */
export type XmlOptions = z.input<typeof xmlOptions>;
/** Options of `xml()`, with the defaults filled in. */
export type ResolvedXmlOptions = z.output<typeof xmlOptions>;
