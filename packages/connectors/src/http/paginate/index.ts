import { parseOptions } from "@millrace/core";
import type { z } from "zod";
import {
  bodyCursorOptions,
  headerCursorOptions,
  linkHeaderOptions,
  nextLinkOptions,
  offsetsOptions,
  pagesOptions,
  relayOptions,
  type Paginate,
} from "./options.ts";

/**
 * Pages by number: `?page=1`, `?page=2`, … until an empty one, or as the answer says.
 * @example http({ url, paginate: pages({ size: 100, totalPages: "$.total_pages" }) })
 */
export function pages(options: z.input<typeof pagesOptions> = {}): Paginate {
  return { kind: "pages", ...parseOptions(pagesOptions, options, "pages()") };
}

/**
 * Pages by the number of rows to pass over: `?offset=0&limit=100`, `?offset=100&limit=100`, …
 * @example http({ url, paginate: offsets({ size: 100, total: "$.total" }) })
 */
export function offsets(options: z.input<typeof offsetsOptions>): Paginate {
  return { kind: "offsets", ...parseOptions(offsetsOptions, options, "offsets()") };
}

/**
 * Each answer has the cursor of the next page, or its last row is the cursor.
 * @example http({ url, paginate: bodyCursor({ row: "id", more: "$.has_more", param: "starting_after" }) })
 */
export function bodyCursor(options: z.input<typeof bodyCursorOptions>): Paginate {
  return { kind: "body-cursor", ...parseOptions(bodyCursorOptions, options, "bodyCursor()") };
}

/**
 * Each answer has the address of the next page.
 * @example http({ url, paginate: nextLink({ path: "$['@odata.nextLink']" }) })
 */
export function nextLink(options: z.input<typeof nextLinkOptions>): Paginate {
  return { kind: "next-link", ...parseOptions(nextLinkOptions, options, "nextLink()") };
}

/** The header `Link` of each answer has the address of the next page (RFC 8288), as GitHub's does. */
export function linkHeader(options: z.input<typeof linkHeaderOptions> = {}): Paginate {
  return { kind: "link-header", ...parseOptions(linkHeaderOptions, options, "linkHeader()") };
}

/**
 * A header of each answer has the cursor or number of the next page.
 * @example http({ url, paginate: headerCursor({ header: "x-next-page", param: "page" }) })
 */
export function headerCursor(options: z.input<typeof headerCursorOptions>): Paginate {
  return { kind: "header-cursor", ...parseOptions(headerCursorOptions, options, "headerCursor()") };
}

/**
 * Connections of GraphQL as Relay specifies them: `pageInfo { hasNextPage endCursor }`.
 * @example http({ url, graphql: { query }, paginate: relay({ connection: "$.data.orders" }) })
 */
export function relay(options: z.input<typeof relayOptions>): Paginate {
  const { connection, variable } = parseOptions(relayOptions, options, "relay()");
  return bodyCursor({
    path: `${connection}.pageInfo.endCursor`,
    more: `${connection}.pageInfo.hasNextPage`,
    param: variable,
    in: "variables",
  });
}

/** There is one page only. */
export function singlePage(): Paginate {
  return { kind: "single" };
}

/** What the first answer shows decides: the default. */
export function autoPages(): Paginate {
  return { kind: "auto" };
}
