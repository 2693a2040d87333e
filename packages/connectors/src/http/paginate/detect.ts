import { follow, parseSteps } from "../select-path.ts";
import { parseLinkHeader } from "./link-header.ts";
import { bodyCursor, headerCursor, linkHeader, nextLink, pages } from "./index.ts";
import type { Paginate } from "./options.ts";
import { isNothing, type PageView } from "./paginator.ts";

/** What an answer shows of how its pages follow one another; `single` with a doubt where there seems to be more. */
export interface Detected {
  readonly paginate: Paginate;
  readonly doubt?: string;
}

/** Places where an answer may have the address of the next page. */
const LINKS = [
  "$['@odata.nextLink']",
  "$['odata.nextLink']",
  "$.nextLink",
  "$.next_link",
  "$.next",
  "$.next.href",
  "$.links.next",
  "$.links.next.href",
  "$._links.next",
  "$._links.next.href",
  "$.paging.next",
  "$.pagination.next",
  "$.meta.next",
  "$.meta.links.next",
  "$.page.next",
  "$.next_page_url",
  "$.nextPageUrl",
  "$.next_url",
  "$.pagination.next_url",
  "$.info.next",
];

/** Places where an answer may have the next cursor, and the parameter that usually carries it. */
const CURSORS: readonly (readonly [path: string, param: string])[] = [
  ["$.next_cursor", "cursor"],
  ["$.nextCursor", "cursor"],
  ["$.meta.next_cursor", "cursor"],
  ["$.meta.nextCursor", "cursor"],
  ["$.pagination.next_cursor", "cursor"],
  ["$.pagination.nextCursor", "cursor"],
  ["$.response_metadata.next_cursor", "cursor"],
  ["$.cursor.next", "cursor"],
  ["$.cursors.next", "cursor"],
  ["$.paging.cursors.after", "after"],
  ["$.next_page_token", "page_token"],
  ["$.nextPageToken", "pageToken"],
  ["$.next_token", "next_token"],
  ["$.nextToken", "nextToken"],
  ["$.meta.next_token", "pagination_token"],
  ["$.continuationToken", "continuationToken"],
];

const PAGE_COUNTS = [
  "total_pages",
  "totalPages",
  "last_page",
  "lastPage",
  "page_count",
  "pageCount",
  "pages",
];
const PAGE_NUMBERS = ["page", "current_page", "currentPage", "page_number", "pageNumber", "number"];
const TOTALS = [
  "total",
  "total_count",
  "totalCount",
  "total_results",
  "totalResults",
  "total_records",
  "count",
];
const PARENTS = ["", "meta.", "pagination.", "paging.", "page.", "meta.pagination.", "info."];

/** Finds out from the first answer how its pages follow one another. */
export function detectPagination(page: PageView): Detected {
  const paginate = byHeader(page) ?? byLink(page) ?? byCursor(page) ?? byLastRow(page) ?? byNumber(page);
  if (paginate !== undefined) return { paginate };
  const doubt = doubtOf(page);
  return { paginate: { kind: "single" }, ...(doubt === undefined ? {} : { doubt }) };
}

function at(page: PageView, path: string): unknown {
  return follow(page.document, parseSteps(path) ?? []);
}

function byHeader({ headers }: PageView): Paginate | undefined {
  if (parseLinkHeader(headers["link"]).has("next")) return linkHeader();
  if (!isNothing(headers["x-next-page"])) return headerCursor({ header: "x-next-page", param: "page" });
  if (!isNothing(headers["x-next-cursor"])) return headerCursor({ header: "x-next-cursor" });
  return undefined;
}

function byLink(page: PageView): Paginate | undefined {
  const path = LINKS.find((each) => {
    const link = at(page, each);
    return typeof link === "string" && /^(https?:\/\/|[/?])/i.test(link);
  });
  return path === undefined ? undefined : nextLink({ path });
}

function byCursor(page: PageView): Paginate | undefined {
  const found = CURSORS.find(([path]) => {
    const cursor = at(page, path);
    return !isNothing(cursor) && (typeof cursor === "string" || typeof cursor === "number");
  });
  if (found === undefined) return undefined;
  const [path, param] = found;
  return bodyCursor({ path, param, ...(at(page, "$.has_more") === true ? { more: "$.has_more" } : {}) });
}

/** Lists as Stripe has them: `{ object: "list", has_more, data }`. */
function byLastRow(page: PageView): Paginate | undefined {
  if (at(page, "$.object") !== "list" || at(page, "$.has_more") !== true) return undefined;
  return bodyCursor({ row: "id", more: "$.has_more", param: "starting_after" });
}

function byNumber(page: PageView): Paginate | undefined {
  for (const parent of PARENTS) {
    const number = PAGE_NUMBERS.find((name) => typeof at(page, `$.${parent}${name}`) === "number");
    const total = PAGE_COUNTS.find((name) => typeof at(page, `$.${parent}${name}`) === "number");
    if (number === undefined || total === undefined) continue;
    const start = Number(at(page, `$.${parent}${number}`));
    return pages({ param: "page", start, totalPages: `$.${parent}${total}` });
  }
  return undefined;
}

function doubtOf(page: PageView): string | undefined {
  for (const name of ["has_more", "hasMore", "has_next", "hasNextPage", "more"]) {
    for (const parent of PARENTS) {
      if (at(page, `$.${parent}${name}`) === true) return `the answer says ${parent}${name}`;
    }
  }
  const header = Number(page.headers["x-total-count"] ?? page.headers["x-total"]);
  if (header > page.rowCount) return `${page.rowCount} of ${header} rows came`;
  for (const parent of PARENTS) {
    for (const name of TOTALS) {
      const total = at(page, `$.${parent}${name}`);
      if (typeof total === "number" && total > page.rowCount && page.rowCount > 0) {
        return `${page.rowCount} rows came, and the answer says ${parent}${name} ${total}`;
      }
    }
  }
  return undefined;
}
