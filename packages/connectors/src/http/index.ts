import { parseOptions, systemClock, type Source } from "@millrace/core";
import { httpSource } from "./http-source.ts";
import { httpOptions, type HttpOptions } from "./options.ts";

export { apiKey, basic, bearer, jwt, oauth2, sessionToken } from "./auth/index.ts";
export type { HttpOptions } from "./options.ts";
export {
  autoPages,
  bodyCursor,
  headerCursor,
  linkHeader,
  nextLink,
  offsets,
  pages,
  relay,
  singlePage,
} from "./paginate/index.ts";

/**
 * Rows of REST and GraphQL services: pages, credentials, limits and cursors are said, not written. Goes on at its last page
 * after an interruption. Fails with MLR_OPTION_UNKNOWN or MLR_ARGUMENT_INVALID.
 * @example http({ url: "https://api.example.com/events", rows: "$.features[*]", paginate: linkHeader(), cursor: { field: "updated" } })
 */
export function http(options: HttpOptions): Source {
  return httpSource(parseOptions(httpOptions, options, "http()"), systemClock);
}
