import { z } from "zod";
import { place, valuePath } from "../option-types.ts";

const count = z.number().int().positive();

/** Options of `pages()`. */
export const pagesOptions = z.strictObject({
  /** Parameter for the number of the page. Default `page`. */
  param: z.string().min(1).default("page"),
  /** Number of the first page. Default 1. */
  start: z.number().int().default(1),
  /** Rows of a page, sent as `sizeParam`. Default: not sent, the server decides. */
  size: count.optional(),
  /** Parameter for the size. Default `per_page`. */
  sizeParam: z.string().min(1).default("per_page"),
  /** Where the number of pages stands in the answer, such as `$.total_pages`. Default: pages are read until an empty one. */
  totalPages: valuePath.optional(),
  /** What is true while there are more pages, such as `$.has_more`. Default: pages are read until an empty one. */
  more: valuePath.optional(),
  /** Where the parameters go. Default `query`. */
  in: place.default("query"),
  /** Pages that are asked for at the same time. Default 1. */
  ahead: count.max(64).default(1),
});

/** Options of `offsets()`. */
export const offsetsOptions = z.strictObject({
  /** Rows of a page, sent as `sizeParam`. Where a page has fewer, the next offset follows the rows that came. */
  size: count,
  /** Parameter for the number of rows to pass over. Default `offset`. */
  param: z.string().min(1).default("offset"),
  /** Parameter for the size. Default `limit`. */
  sizeParam: z.string().min(1).default("limit"),
  /** Offset of the first page. Default 0. */
  start: z.number().int().nonnegative().default(0),
  /** Where the number of all rows stands in the answer, such as `$.total`. Default: pages are read until an empty one. */
  total: valuePath.optional(),
  /** What is true while there are more rows, such as `$.has_more`. */
  more: valuePath.optional(),
  /** Where the parameters go. Default `query`. */
  in: place.default("query"),
  /** Pages that are asked for at the same time. Default 1. */
  ahead: count.max(64).default(1),
});

/** Options of `bodyCursor()`. */
export const bodyCursorOptions = z
  .strictObject({
    /** Where the next cursor stands in the answer, such as `$.meta.next_cursor`. Reading ends where it is missing, null or empty. */
    path: valuePath.optional(),
    /** Instead of `path`: the field of the last row that is the next cursor, such as `id`. */
    row: valuePath.optional(),
    /** What is true while there are more pages, such as `$.has_more`. Needed with `row`, as a last row always has a value. */
    more: valuePath.optional(),
    /** Parameter that carries the cursor. Default `cursor`. In a body a path such as `page.after`. */
    param: z.string().min(1).default("cursor"),
    /** Where the parameter goes; `variables`: those of GraphQL. Default `query`. */
    in: place.default("query"),
  })
  .refine(({ path, row }) => (path === undefined) !== (row === undefined), {
    message: "needs either `path` or `row`: where the next cursor is",
  });

/** Options of `nextLink()`. */
export const nextLinkOptions = z.strictObject({
  /** Where the address of the next page stands in the answer, such as `$['@odata.nextLink']`; may be relative. */
  path: valuePath,
});

/** Options of `linkHeader()`. */
export const linkHeaderOptions = z.strictObject({
  /** Which link of the header `Link` leads on. Default `next`. */
  rel: z.string().min(1).default("next"),
});

/** Options of `headerCursor()`. */
export const headerCursorOptions = z.strictObject({
  /** Header of the answer with the next cursor, such as `x-next-page`. Reading ends where it is missing or empty. */
  header: z.string().min(1),
  /** Parameter that carries the cursor. Default `cursor`. */
  param: z.string().min(1).default("cursor"),
  /** Where the parameter goes. Default `query`. */
  in: place.default("query"),
});

/** Options of `relay()`. */
export const relayOptions = z.strictObject({
  /** Where the connection with its `pageInfo` stands, such as `$.data.repository.issues`. */
  connection: valuePath,
  /** Variable of the query that carries the cursor. Default `after`. */
  variable: z.string().min(1).default("after"),
});

/** How the pages of a resource follow one another; made by `pages()`, `offsets()`, `linkHeader()` and their like. */
export const paginateOptions = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("auto") }),
  z.strictObject({ kind: z.literal("single") }),
  z.strictObject({ kind: z.literal("pages"), ...pagesOptions.shape }),
  z.strictObject({ kind: z.literal("offsets"), ...offsetsOptions.shape }),
  z.strictObject({ kind: z.literal("body-cursor"), ...bodyCursorOptions.shape }),
  z.strictObject({ kind: z.literal("next-link"), ...nextLinkOptions.shape }),
  z.strictObject({ kind: z.literal("link-header"), ...linkHeaderOptions.shape }),
  z.strictObject({ kind: z.literal("header-cursor"), ...headerCursorOptions.shape }),
]);

/** How the pages of a resource follow one another, with the defaults filled in. */
export type Paginate = z.output<typeof paginateOptions>;
